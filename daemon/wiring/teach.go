package wiring

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"

	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/learn/store"
)

// planTeach is what c says about what is taught here.
func planTeach(c *config.Config) plan.Teach {
	return plan.Teach{Folder: teachFolder(c), MaxPictures: c.Teach.MaxPictures, MaxBytes: int64(c.Teach.MaxBytes)}
}

// teachFolder is where pictures and models are that are taught here; empty: there is no place.
func teachFolder(c *config.Config) string {
	state, _ := stateDir(c.Device)
	if state != "" {
		state = filepath.Join(state, "teach")
	}
	return cmp.Or(c.Teach.Folder, state)
}

// Taught are the options of what was taught here under a name, as the config file at path has them for a model of which nothing
// else is set. The error is a *config.Error if the file could be read.
func Taught(path, name string) (engines.Options, error) {
	c, err := Load(path, Flags{})
	if err != nil {
		return engines.Options{}, err
	}
	const key = "taught" // the file's own of that name is not looked at
	m := config.UsualModel()
	m.File = config.TaughtPrefix + name
	if c.Models = maps.Clone(c.Models); c.Models == nil {
		c.Models = map[string]config.Model{}
	}
	c.Models[key] = m
	if err := c.Validate(); err != nil {
		return engines.Options{}, err
	}
	return planModel(c, key), nil
}

// People is where the people of a name are, as the config file at path has them. The error is a *config.Error if the file could be read.
func People(path, name string) (string, error) {
	if err := store.CheckName(name); err != nil {
		return "", err
	}
	c, err := Load(path, Flags{})
	if err != nil {
		return "", err
	}
	folder := teachFolder(c)
	if folder == "" {
		_, why := stateDir(c.Device)
		return "", fmt.Errorf("people are in a folder of what is taught; %s: give one as teach.folder", why)
	}
	return store.Path(folder, name), nil
}

// planCollect lays what c says of a camera's pictures that wait for a label into its plan. They come as often, and as many a
// day, as its snapshots do, or would.
func planCollect(to *plan.Camera, c *config.Config, name string) {
	cam := c.Cameras[name]
	m := c.Models[cam.Model]
	taught, _ := m.TaughtAs()
	if cam.Then != nil { // a detector is not taught here, and what looks at its crops may be
		second := c.Models[cam.Then.Model]
		taught, _ = second.TaughtAs()
	}
	to.Taught = cmp.Or(cam.Collect.Name, taught)
	if cam.Collect.What == config.CollectOff {
		return
	}
	usual := config.UsualSnapshot()
	s := cmp.Or(cam.Snapshot, &usual)
	to.Collect = &plan.Collect{Changes: cam.Collect.What == config.CollectChanges, Interval: s.Interval, Budget: int64(s.Budget)}
}

// anyCamera tells whether a camera with the model is such a one.
func anyCamera(c *config.Config, model string, is func(config.Camera) bool) bool {
	for _, cam := range c.Cameras {
		if cam.Model == model && is(cam) {
			return true
		}
	}
	return false
}

// showsWhy tells whether a camera shows where its model looks.
func showsWhy(cam config.Camera) bool { return cam.Snapshot != nil && cam.Snapshot.Why }

// compares tells whether a camera compares its pictures with normal ones.
func compares(cam config.Camera) bool { return cam.Normal.Name != "" }

// planNormal lays what c says of a camera's normal pictures into its plan. Where they cannot be listed there are none: who reads
// them says why.
func planNormal(to *plan.Camera, c *config.Config, name string) {
	n := c.Cameras[name].Normal
	if n.Name == "" {
		return
	}
	to.Normal = &plan.Normal{Name: n.Name, Loose: n.Loose}
	taught, err := store.Open(teachFolder(c), store.Limits{}).Name(n.Name)
	if err != nil {
		return
	}
	pictures, _, err := taught.List(store.Normal)
	if err != nil {
		return
	}
	all := sha256.New()
	for _, p := range pictures {
		io.WriteString(all, p.ID)
	}
	to.Normal.Pictures, to.Normal.Stamp = len(pictures), fmt.Sprintf("%x", all.Sum(nil))
}

// checkTeach finds what needs a folder of what is taught, where there is none.
func checkTeach(c *config.Config) (bad []config.Problem) {
	if teachFolder(c) != "" {
		return nil
	}
	_, why := stateDir(c.Device)
	fail := func(keys ...string) {
		bad = append(bad, config.Problem{Key: config.Key(keys...), Message: "needs a folder of what is taught; " + why + ": give one as teach.folder"})
	}
	for _, name := range slices.Sorted(maps.Keys(c.Models)) {
		m := c.Models[name]
		if isTaught(m) {
			fail("models", name, "file")
		}
		if m.People != "" {
			fail("models", name, "people")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Cameras)) {
		if c.Cameras[name].Collect.What != config.CollectOff {
			fail("cameras", name, "collect")
		}
		if c.Cameras[name].Normal.Name != "" {
			fail("cameras", name, "normal")
		}
	}
	return bad
}

func isTaught(m config.Model) bool {
	_, ok := m.Taught()
	return ok
}
