package wiring

import (
	"cmp"
	"path/filepath"

	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/publish/snapshots"
)

// planSnapshot lays what c says about the pictures of a camera into its plan. That there is a folder for them has been
// checked.
func planSnapshot(to *plan.Camera, c *config.Config, name string) {
	s := c.Cameras[name].Snapshot
	if s == nil {
		return
	}
	to.Snapshot = &plan.Snapshot{
		Classes: texts(s.Classes), Interval: s.Interval, MQTT: s.MQTT, Retain: s.Retain, Why: s.Why,
		Picture: picture.EncoderOptions{MaxWidth: s.Width, Quality: s.Quality, MaxBytes: int(s.MaxBytes)},
	}
	if s.Picture == "region" {
		to.Snapshot.Picture.Region = to.Preprocess.Region
	}
	if s.Disk {
		to.Snapshot.Disk = &snapshots.Limits{
			Folder: snapshotFolder(c.Device, s), Budget: int64(s.Budget),
			MaxFiles: s.Keep.MaxFiles, MaxBytes: int64(s.Keep.MaxBytes), MaxAge: s.Keep.MaxAge,
		}
	}
}

// snapshotFolder is where pictures are kept; empty: there is no place.
func snapshotFolder(device string, s *config.Snapshot) string {
	state, _ := stateDir(device)
	if state != "" {
		state = filepath.Join(state, "snapshots")
	}
	return cmp.Or(s.Folder, state)
}

// checkSnapshots finds the cameras for whose pictures there is no folder.
func checkSnapshots(c *config.Config) (bad []config.Problem) {
	for name, cam := range c.Cameras {
		s := cam.Snapshot
		if s == nil || !s.Disk || snapshotFolder(c.Device, s) != "" {
			continue
		}
		_, why := stateDir(c.Device)
		bad = append(bad, config.Problem{Key: config.Key("cameras", name, "snapshot", "folder"), Message: why + ": give one here"})
	}
	return bad
}
