package wiring

import (
	"github.com/inceptiond/inceptiond/capture/hours"
	"github.com/inceptiond/inceptiond/capture/motion"
	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/daemon/plan"
)

// planGate lays what c says about which frames of a camera are used into its plan. That its hours can be read has been checked.
func planGate(to *plan.Camera, c *config.Config, name string) {
	cam := c.Cameras[name]
	to.OpenWithoutClock = cam.WithoutClock == "open"
	for _, text := range cam.Hours {
		if entry, err := hours.Parse(text); err == nil {
			to.Hours.Entries = append(to.Hours.Entries, entry)
		}
	}
	if l := c.Location; l != nil && len(to.Hours.Entries) > 0 {
		to.Hours.Place = hours.Place(*l)
	}
	g := cam.Gate
	if g == nil {
		return
	}
	to.Gate = &plan.Gate{Linger: g.Linger, Refresh: g.Refresh, Triggers: g.Triggers}
	if g.Motion {
		to.Gate.Motion = &motion.Options{
			Threshold: g.Threshold, Area: g.Area, Frames: g.Frames, Light: g.Light, Learn: g.Learn, Mask: polygons(g.Mask),
		}
	}
}

func polygons(list []config.Polygon) (plain [][]float64) {
	for _, p := range list {
		plain = append(plain, p)
	}
	return plain
}
