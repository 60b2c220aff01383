package wiring

import (
	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/infer/decide"
)

// planDecision lays what c says about the decision of the camera called name into its plan.
func planDecision(to *plan.Camera, c *config.Config, name string) {
	d := c.Cameras[name].Decision
	o := decide.Options{
		Enter: d.Enter, Leave: d.Leave, Margin: d.Margin, Dwell: d.Dwell, Cooldown: d.Cooldown,
		Ignore: texts(d.Ignore), IgnoreOthers: d.Others == "ignore",
		Groups: map[string][]string{}, Classes: map[string]decide.Own{},
	}
	o.Need, o.Window = c.Votes(name)
	for group, words := range d.Groups {
		o.Groups[group] = texts(words)
	}
	for class, own := range d.Classes {
		planned := decide.Own{Enter: own.Enter, Leave: own.Leave, Dwell: own.Dwell, Cooldown: own.Cooldown}
		if own.Need != nil {
			planned.Need = *own.Need
		}
		o.Classes[class] = planned
	}
	to.Decide, to.Hold, to.NoLabelEvents = o, d.Hold, !d.LabelEvents
}

func texts(words []config.Word) (list []string) {
	for _, w := range words {
		list = append(list, string(w))
	}
	return list
}
