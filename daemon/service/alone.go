package service

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/daemon/bundle"
	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/internal/clock"
	"github.com/inceptiond/inceptiond/publish/web"
)

// Alone is what a bundle is made of where no daemon runs.
type Alone struct {
	Plan    *plan.Plan
	About   bundle.Manifest // of this program and machine
	Version string
	Source  string // the config file; empty: the defaults
	Doctor  func(ctx context.Context, found func(web.Finding)) error
}

// BundleAlone is [Service.Bundle] without a daemon. If frames are wished it opens cameras; nothing is published. Where that cannot be done
// there are no frames in the bundle, and it says why: what is wrong is what somebody shall look into.
func BundleAlone(ctx context.Context, a Alone, wish web.BundleWish, tell func(doing string)) (*bundle.Bundle, error) {
	g := &gathering{wish: wish, plan: a.Plan, version: a.Version, source: a.Source, doctor: a.Doctor}
	if wish.Frames > 0 && a.Plan.Evidence.Problem != "" { // which cameras there are is not known either
		g.without(errors.New("the config cannot be used"), tell)
	}
	if g.wish.Frames == 0 {
		return g.make(ctx, a.About, tell)
	}
	if err := g.choose(); err != nil {
		return nil, err
	}
	tell("loading models")
	c, err := clock.New()
	var all *Assembly
	if err == nil {
		all, err = Assemble(ctx, private(a.Plan, wish.Cameras), c, zap.NewNop())
	}
	switch {
	case ctx.Err() != nil && err != nil:
		return nil, ctx.Err()
	case err != nil:
		g.without(err, tell)
		return g.make(ctx, a.About, tell)
	}
	defer all.Close()
	g.models, g.cameras = sorted(all.parts.models), sorted(all.parts.cameras)
	running, stop := context.WithCancel(ctx)
	var working sync.WaitGroup
	g.end = func() {
		stop()
		working.Wait()
	}
	defer g.end()
	g.begin = func() {
		for _, c := range all.parts.cameras {
			c.Attach() // before the first of them runs
		}
		for _, c := range all.parts.cameras {
			working.Go(func() { c.Run(running) })
		}
	}
	return g.make(ctx, a.About, tell)
}

// without goes on without the frames that are wished, for a reason.
func (g *gathering) without(why error, tell func(doing string)) {
	g.wish.Frames, g.wish.Cameras, g.frameless = 0, nil, why
	tell(fmt.Sprintf("%v: going on without frames", why))
}

// private is a plan of cameras that keep everything to themselves: of these names, or all, with those whose views they are.
func private(p *plan.Plan, names []string) *plan.Plan {
	own := *p
	own.Cameras, own.Models = map[string]plan.Camera{}, map[string]engines.Options{}
	add := func(name string) {
		c := p.Cameras[name]
		c.Snapshot, c.Collect = nil, nil
		own.Cameras[name] = c
		for _, model := range c.Models() {
			own.Models[model] = p.Models[model]
		}
	}
	for name := range p.Cameras {
		if len(names) == 0 || slices.Contains(names, name) {
			add(name)
			if of := p.Cameras[name].View; of != "" {
				add(of)
			}
		}
	}
	return &own
}
