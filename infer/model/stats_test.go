package model_test

import (
	"reflect"
	"testing"

	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/internal/testing/graphs"
)

func TestStats(t *testing.T) {
	m := parse(t, written(t, graphs.Small()))
	want := model.Stats{
		Operators:   []model.OpCount{{"CONCATENATION", 1}, {"CONV_2D", 1}, {"FULLY_CONNECTED", 1}, {"MAX_POOL_2D", 1}, {"SOFTMAX", 1}},
		MACs:        4*4*4*27 + 5*128,
		Weights:     4*27 + 5*128,
		Constants:   4*27 + 4*4 + 5*128 + 5*4,
		Activations: 8*8*3 + 2*4*4*4 + 4*4*8 + 5 + 5,
	}
	if got := m.Stats(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if got := m.MACs(1); got != 0 {
		t.Errorf("a pool has %d MACs", got)
	}
}

func TestStatsDepthwise(t *testing.T) {
	m := parse(t, written(t, graphs.Every()))
	if got, want := m.MACs(1), int64(4*4*6*9); got != want {
		t.Errorf("depthwise: %d MACs, want %d", got, want)
	}
}

func TestNames(t *testing.T) {
	for o, want := range map[model.Op]string{0: "ADD", 60: "PADV2", 114: "QUANTIZE", 117: "HARD_SWISH", 205: "REDUCE_WINDOW", 206: "operator 206", -1: "operator -1"} {
		if got := o.String(); got != want {
			t.Errorf("operator %d is %q, want %q", int32(o), got, want)
		}
	}
	for typ, want := range map[model.Type]string{0: "float32", 9: "int8", 17: "int4", 18: "type 18"} {
		if got := typ.String(); got != want {
			t.Errorf("type %d is %q, want %q", uint8(typ), got, want)
		}
	}
}
