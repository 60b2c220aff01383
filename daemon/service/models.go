package service

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/internal/order"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/web"
)

// Models are the models of the config, in the order of their names; see [web.Workbench]. Those that no camera uses are read from
// their files.
func (s *Service) Models(ctx context.Context) ([]web.Model, error) {
	list := []web.Model{}
	v := s.inForce.Load()
	if v == nil {
		return list, nil
	}
	for _, m := range v.models {
		list = append(list, usedModel(m, v.plan))
	}
	for _, name := range slices.Sorted(maps.Keys(v.plan.Idle)) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		list = append(list, idleModel(name, v.plan.Idle[name]))
	}
	order.Sort(list, func(a, b web.Model) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return list, nil
}

// ModelFiles are files that models may have; see [web.Workbench].
func (s *Service) ModelFiles(context.Context) ([]string, error) {
	if s.options.File == nil {
		return nil, nil
	}
	return s.options.File.ModelFiles(), nil
}

// usedModel describes a model that cameras use.
func usedModel(m *model, p *plan.Plan) web.Model {
	is := m.Health.Status()
	w := web.Model{
		Name: m.Name, File: p.Models[m.Name].Anywhere(), SHA256: m.SHA256, Classes: m.Labels, Wanted: is.Wanted, Engine: is.Engine, Reason: is.Reason,
		Task: taskOf(m.Meaning), Memory: m.Memory, Problems: warnings(m.Meaning),
	}
	w.Width, w.Height = sides(m.Engine.Input())
	for _, name := range slices.Sorted(maps.Keys(p.Cameras)) {
		if c := p.Cameras[name]; slices.Contains(c.Models(), m.Name) {
			w.Cameras = append(w.Cameras, name)
		}
	}
	return w
}

// idleModel describes a model that no camera uses, and that nothing runs.
func idleModel(name string, o engines.Options) web.Model {
	w := web.Model{Name: name, File: o.Anywhere(), Wanted: o.Engine, Reason: "no camera uses it"}
	is, err := engines.Describe(o)
	if err != nil {
		w.Problems = []string{err.Error()}
		return w
	}
	w.SHA256, w.Task, w.Classes, w.Problems = is.SHA256, taskOf(is.Meaning), is.Labels, warnings(is.Meaning)
	w.Width, w.Height = sides(is.Input)
	return w
}

// sides is how large pictures of an input are, in pixels; 0 if it takes none.
func sides(input infer.TensorSpec) (width, height int) {
	height, width, _, err := input.Image()
	if err != nil {
		return 0, 0
	}
	return width, height
}

// taskOf is what a model is for, as results name it.
func taskOf(m engines.Meaning) string { return cmp.Or(string(m.Reading.Kind), publish.TaskClassify) }

// warnings are the notes about a model that say what is wrong.
func warnings(m engines.Meaning) (list []string) {
	for _, n := range m.Notes {
		if n.Warning {
			list = append(list, n.Text)
		}
	}
	return list
}
