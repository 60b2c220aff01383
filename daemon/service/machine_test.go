package service

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/daemon/governor"
)

// warming is a machine that gets a degree warmer with each look, from 70 °C on.
type warming struct {
	mu sync.Mutex
	at float64
}

func (w *warming) Read() governor.Reading {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at++
	celsius := w.at
	return governor.Reading{Temperature: &celsius}
}

func TestMachine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(&warming{at: 70}, zap.NewNop())
		if m.rest(time.Second) != 0 {
			t.Error("models rest at once")
		}
		ctx, cancel := context.WithCancel(t.Context())
		limit := 75.0
		var mu sync.Mutex
		var levels []int
		go m.watch(ctx, func() governor.Options {
			mu.Lock()
			defer mu.Unlock()
			return governor.Options{Limit: limit}
		}, func(s governor.State) {
			mu.Lock()
			defer mu.Unlock()
			levels = append(levels, s.Level)
		})
		time.Sleep(10*governor.Every + time.Second)
		synctest.Wait()
		if got := m.known.Load(); m.rest(time.Second) != 7*time.Second || got.Duty() != 0.125 || *got.Temperature != 81 || got.State.Reason == "" {
			t.Errorf("%+v", got)
		}
		mu.Lock()
		limit = 0 // a reload: heat does not count any more
		mu.Unlock()
		time.Sleep(governor.Every)
		synctest.Wait()
		if m.rest(time.Second) != 0 {
			t.Error("models rest though heat does not count")
		}
		mu.Lock()
		if !slices.Equal(levels, []int{1, 2, 3, 3, 3, 3, 3, 0}) {
			t.Errorf("levels %v", levels)
		}
		mu.Unlock()
		cancel()
		synctest.Wait()
	})
}
