package wiring

import (
	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/daemon/plan"
)

// planObjects is what a camera says of the objects, areas and bodies that its model finds. Whether the model finds any is seen when
// it is loaded.
func planObjects(cam config.Camera) plan.Objects {
	o, usual := cam.Objects, config.UsualObjects()
	planned := plan.Objects{Threshold: o.Threshold, MaxResults: o.MaxResults, Only: texts(o.Only), SegmentMap: o.SegmentMap}
	for _, key := range []struct {
		name string
		set  bool
	}{
		{"threshold", o.Threshold != usual.Threshold},
		{"max_results", o.MaxResults != usual.MaxResults},
		{"only", len(o.Only) > 0},
		{"segment_map", o.SegmentMap},
	} {
		if key.set {
			planned.Set = append(planned.Set, key.name)
		}
	}
	return planned
}

// planThen is what a camera says of a second model.
func planThen(cam config.Camera) *plan.Then {
	if cam.Then == nil {
		return nil
	}
	return &plan.Then{Labels: texts(cam.Then.Labels), Model: cam.Then.Model, MaxCrops: cam.Then.MaxCrops}
}

// numbers are anchors without their type.
func numbers(anchors []config.Anchor) (plain [][]float64) {
	for _, a := range anchors {
		plain = append(plain, a)
	}
	return plain
}
