package pipeline

import (
	"slices"

	"github.com/inceptiond/inceptiond/infer/task"
)

// Counted are the labels of the things that the camera counts, each once, as far as they are known beforehand; more: others may
// come, as they are seen. It may be called at any time, from any goroutine.
func (c *Camera) Counted() (labels []string, more bool) { return c.look.told(task.Detect) }

// Shared are the labels of the areas whose shares the camera tells, as Counted has them.
func (c *Camera) Shared() (labels []string, more bool) { return c.look.told(task.Segment) }

// told are the labels of what a model of that kind finds: those that the options list, or else what comes.
func (l *Look) told(kind task.Kind) (labels []string, more bool) {
	if l.task.Kind() != kind {
		return nil, false
	}
	for _, class := range l.only {
		if n := name(labelOf(l.options.Model.Labels, class), class); !slices.Contains(labels, n) {
			labels = append(labels, n)
		}
	}
	return labels, len(labels) == 0
}
