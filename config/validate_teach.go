package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// teach checks what is taught here, but for the models that it makes.
func (k *checker) teach(c *Config) {
	within(k, "teach.max_pictures", c.Teach.MaxPictures, 1, 100_000)
	within(k, "teach.max_bytes", c.Teach.MaxBytes, 1<<20, 1<<40)
	for _, name := range slices.Sorted(maps.Keys(c.Cameras)) {
		k.collect(join("cameras", name)+".collect", c, c.Cameras[name])
		k.normal(join("cameras", name)+".normal", c.Cameras[name].Normal)
	}
}

// taught checks what holds for models that were taught here, and for no others.
func (k *checker) taught(key string, m Model) {
	within(k, key+".unknown", m.Unknown, 0, 0.99)
	name, taught := m.Taught()
	switch {
	case !taught && m.Unknown != usualUnknown:
		k.fail(key+".unknown", "is for what was taught here, with file: %sNAME (remove it: other models know no picture that they were taught with)", TaughtPrefix)
	case taught && !taughtName(name):
		k.fail(key+".file", "%s cannot be the name of what was taught (%s)", quote(name), wantTaughtName)
	case taught && m.Labels != "":
		k.fail(key+".labels", "belongs to other models: a taught one has its classes inside (remove it)")
	}
	if taught && m.Background {
		k.fail(key+".background", "belongs to other models: a taught one has no such class (remove it)")
	}
}

// collect checks which pictures of a camera wait for a label.
func (k *checker) collect(key string, c *Config, cam Camera) {
	k.oneOf(key+".what", cam.Collect.What, CollectOff, CollectUnsure, CollectChanges)
	m, known := c.Models[cam.Model]
	_, taught := m.TaughtAs()
	switch name := cam.Collect.Name; {
	case name != "" && !taughtName(name):
		k.fail(key+".name", "%s cannot be the name of what is taught (%s)", quote(name), wantTaughtName)
	case name == "" && cam.Collect.What != CollectOff && known && !taught:
		k.fail(key+".name", "is missing: the camera's model was not taught here (write what the pictures are for, as `inceptiond teach new NAME` has called it)")
	}
}

// normal checks which pictures a camera's are compared with.
func (k *checker) normal(key string, n Normal) {
	switch {
	case n.Name != "" && !taughtName(n.Name):
		k.fail(key+".name", "%s cannot be the name of what is taught (%s)", quote(n.Name), wantTaughtName)
	case n.Name == "" && n.Loose:
		k.fail(key+".name", "is missing: loose says how pictures are compared (write the name that `inceptiond teach normal NAME` has, or remove loose)")
	}
}

// Taught is the name of what was taught that a model is, if it is such a one.
func (m *Model) Taught() (name string, ok bool) {
	if name, ok = strings.CutPrefix(m.File, TaughtPrefix); !ok {
		return "", false
	}
	return name, true
}

// TaughtAs is the name under which pictures for a model are taught here: those of what it is, or of the people that it knows.
func (m *Model) TaughtAs() (name string, ok bool) {
	if m.People != "" {
		return m.People, true
	}
	return m.Taught()
}

// maxTaughtName is the most letters of the name of what is taught.
const maxTaughtName = 64

// wantTaughtName says what such a name may be: it becomes a folder.
var wantTaughtName = fmt.Sprintf("want 1 to %d of a-z, 0-9, - and _", maxTaughtName)

func taughtName(name string) bool {
	return len(name) <= maxTaughtName && plain(name) && strings.ToLower(name) == name
}
