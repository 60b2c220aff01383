package config

import (
	"fmt"
	"slices"
)

// then checks which second model looks at what a camera's finds. That this one is a detector, and what the second one is for, is for
// others to see.
func (k *checker) then(key string, cam *Camera, models []string) {
	t := cam.Then
	if t == nil {
		return
	}
	others := slices.DeleteFunc(slices.Clone(models), func(m string) bool { return m == cam.Model })
	switch {
	case t.Model == "":
		k.fail(key+".model", "no model given (write which one looks at what the camera's model finds: %s)", list(others))
	case t.Model == cam.Model:
		k.fail(key+".model", "%s is the camera's model already (want another one, that looks at what this finds)", quote(t.Model))
	default:
		k.known(key+".model", t.Model, others)
	}
	k.crops(key, t)
}

// crops is about what a second model looks at.
func (k *checker) crops(key string, t *Then) {
	k.words(key+".labels", t.Labels)
	within(k, key+".max_crops", t.MaxCrops, 1, 100)
}

// task checks what a model is for, and how its outputs are read. That the file is such a model is for others to see.
func (k *checker) task(key string, m Model) {
	k.oneOf(key+".task", m.Task, "auto", "classify", "detect", "segment", "pose", "embed")
	k.oneOfOrNone(key+".decoder", m.Decoder, "blazeface", "yolo")
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
	k.people(key, m)
	for i, a := range m.Anchors {
		if len(a) != 2 && len(a) != 4 || len(a) != len(m.Anchors[0]) {
			k.fail(fmt.Sprintf("%s.anchors[%d]", key, i), "has %d numbers (want 2, or 4, in each of them)", len(a))
		}
	}
}

// people checks what holds for models that give embeddings, and for no others. That the people are there is for others to see.
func (k *checker) people(key string, m Model) {
	if !(m.MaxDistance > 0 && m.MaxDistance < 2) {
		k.fail(key+".max_distance", "is %v (want more than 0, and less than 2: nobody is farther than that from anybody)", m.MaxDistance)
	}
	switch {
	case m.People != "" && !taughtName(m.People):
		k.fail(key+".people", "%s cannot be the name of what is taught (%s)", quote(m.People), wantTaughtName)
	case m.People != "" && m.Task != "embed":
		k.fail(key+".people", "is for models that give embeddings of faces: say task: embed, or remove it")
	case m.PublishEmbedding && m.Task != "embed":
		k.fail(key+".publish_embedding", "is for models with task: embed (remove it)")
	case m.People == "" && m.MaxDistance != usualMaxDistance:
		k.fail(key+".max_distance", "is for models that know people: name them with people, as `inceptiond teach new NAME` has called them, or remove it")
	}
}
