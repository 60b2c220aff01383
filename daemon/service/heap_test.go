package service

import (
	"testing"

	"github.com/inceptiond/inceptiond/infer/engines"
)

func TestHeapPercent(t *testing.T) {
	of := func(megabytes ...int64) map[string]*model {
		models := map[string]*model{}
		for i, n := range megabytes {
			models[string(rune('a'+i))] = &model{Model: &engines.Model{Memory: n << 20}}
		}
		return models
	}
	for _, c := range []struct {
		models map[string]*model
		want   int
	}{
		{nil, 50}, {of(8), 25}, {of(4, 4), 25}, {of(72), 5}, {of(100_000), 1},
	} {
		if got := heapPercent(50, c.models); got != c.want {
			t.Errorf("%d models: %d %% (want %d)", len(c.models), got, c.want)
		}
	}
}
