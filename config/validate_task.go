package config

import (
	"fmt"
	"slices"
)

// task checks what a model is for, and how its outputs are read. That the file is such a model is for others to see.
func (k *checker) task(key string, m Model) {
	k.oneOf(key+".task", m.Task, "auto", "classify", "detect", "segment", "pose", "embed")
	if m.Decoder != "" {
		k.oneOf(key+".decoder", m.Decoder, "blazeface", "yolo")
	}
	_, taught := m.Taught()
	other := slices.Contains([]string{"detect", "segment", "pose", "embed"}, m.Task)
	switch {
	case m.Decoder != "" && (m.Task == "classify" || other && m.Task != "detect"):
		k.fail(key+".decoder", "is for detectors, but task is %s (remove one of them)", m.Task)
	case taught && (other || m.Decoder != ""):
		k.fail(key+".task", "belongs to other models: a taught one is a classifier (remove it, and decoder)")
	case other && m.Scores != "auto":
		k.fail(key+".scores", "is for classifiers, but task is %s (remove one of them)", m.Task)
	}
	if len(m.Anchors) > 0 && m.Decoder == "" {
		k.fail(key+".anchors", "is for a decoder (name it with decoder: blazeface or yolo, or remove it)")
	}
	for i, a := range m.Anchors {
		if len(a) != 2 && len(a) != 4 || len(a) != len(m.Anchors[0]) {
			k.fail(fmt.Sprintf("%s.anchors[%d]", key, i), "has %d numbers (want 2, or 4, in each of them)", len(a))
		}
	}
}
