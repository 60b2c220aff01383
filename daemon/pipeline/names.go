package pipeline

import (
	"fmt"
	"slices"
	"strings"

	"github.com/inceptiond/inceptiond/infer/decide"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/publish"
)

// names are what entries of a config may name of a camera: for those who wait for some of it, such as pins and pictures.
type names struct {
	kind     task.Kind
	decided  *decide.Decider
	classes  []string // of the model
	scene    *comparing
	counting *counting
}

// FindClasses are the labels that an entry of a config names: a group or class by its name, in which * and ? match, or classes
// by numbers, all of them of Classes; of a detector labels that are counted, or may come to be; and publish.LabelDifferent, of a camera
// that shall know what is normal. It may be called at any time, from any goroutine.
func (c *Camera) FindClasses(entry string) ([]string, error) {
	return (&names{c.look.task.Kind(), c.decider, c.look.classes(), c.scene, c.counting}).find(entry)
}

// find is FindClasses.
func (n *names) find(entry string) ([]string, error) {
	labels, err := n.labels(entry)
	if n.scene.finds(entry) && !slices.Contains(labels, publish.LabelDifferent) {
		return append(labels, publish.LabelDifferent), nil
	}
	return labels, err
}

// labels are the labels that an entry names, without what looks different.
func (n *names) labels(entry string) ([]string, error) {
	switch n.kind {
	case task.Detect:
		return n.counted(entry)
	case task.Segment, task.Pose:
		return nil, badClass("the model's task is %s: no class is decided, and nothing counted (remove %q)", n.kind, entry)
	}
	return n.decided.Find(entry, n.classes)
}

// counted are the labels that an entry names and that are counted: known ones, or, if others come, any of the model's.
func (n *names) counted(entry string) ([]string, error) {
	if known := decide.Named(entry, n.counting.known); known != nil {
		return known, nil
	}
	labels, err := n.decided.Find(entry, n.classes)
	if n.counting.more {
		return labels, err
	}
	labels = slices.DeleteFunc(labels, func(l string) bool { return !slices.Contains(n.counting.known, l) })
	switch {
	case len(labels) > 0:
		return labels, nil
	case len(n.counting.known) == 0:
		return nil, badClass("%q is not counted: all of objects.only is in decision.ignore", entry)
	}
	return nil, badClass("%q is not counted: counted are %s", entry, few(n.counting.known))
}

// Areas are the labels of all areas whose shares the camera may come to tell, each once: those of the model's classes, but for the
// background. Of other models than those that segment there are none.
func (c *Camera) Areas() []string {
	if c.look.task.Kind() != task.Segment {
		return nil
	}
	labels := slices.Clone(c.Classes())
	if c.look.options.Model.Task.Background {
		background := name(labelOf(c.look.options.Model.Labels, 0), 0)
		labels = slices.DeleteFunc(labels, func(l string) bool { return l == background })
	}
	return labels
}

// badClass is an error about an entry of classes.
func badClass(format string, args ...any) error {
	return &decide.OptionError{Key: "classes", Err: fmt.Errorf(format, args...)}
}

// maxNamed is how many labels an error lists.
const maxNamed = 20

// few lists labels, not at length.
func few(labels []string) string {
	if more := len(labels) - maxNamed; more > 0 {
		return fmt.Sprintf("%s and %d others", strings.Join(labels[:maxNamed], ", "), more)
	}
	return strings.Join(labels, ", ")
}
