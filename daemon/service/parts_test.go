package service

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/infertest"
)

// slowToClose is an engine that does not close before another one does so too.
type slowToClose struct {
	*infertest.Fake
	meet *sync.WaitGroup
}

var errAlone = errors.New("closed alone")

func (s slowToClose) Close() error {
	s.meet.Done()
	met := make(chan struct{})
	go func() { s.meet.Wait(); close(met) }()
	select {
	case <-met:
		return s.Fake.Close()
	case <-time.After(time.Minute):
		return errAlone
	}
}

// Models are closed at once, so that two workers that hang cost the time of one; and those that go on are left alone.
func TestPartsCloseModelsAtOnce(t *testing.T) {
	var meet sync.WaitGroup
	meet.Add(2)
	fakes := map[string]*infertest.Fake{}
	p := noParts()
	p.models = map[string]*model{}
	for _, name := range []string{"a", "b", "kept"} {
		fakes[name] = infertest.NewFake(2, 2, 3)
		p.models[name] = &model{Model: &engines.Model{Name: name, Engine: slowToClose{fakes[name], &meet}}}
	}
	keep := noParts()
	keep.models = map[string]*model{"kept": p.models["kept"], "b": {}}
	if err := p.close(keep); err != nil {
		t.Fatal(err)
	}
	for name, f := range fakes {
		if want := name != "kept"; f.Closed() != want {
			t.Errorf("model %s: closed %v (want %v)", name, f.Closed(), want)
		}
	}
}
