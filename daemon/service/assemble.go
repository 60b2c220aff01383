package service

import (
	"context"
	"errors"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/daemon/pipeline"
	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/publish"
)

// Assembly is the models and cameras of a plan, as a daemon would have them, without a daemon: nothing runs or is opened, and nobody
// hears what the cameras publish. It is for those who show its cameras pictures ([pipeline.Camera.Replay]).
type Assembly struct{ parts *parts }

// Assemble makes those of p; of its other parts it makes none. The cameras tell the time by c. The error names all that cannot be used.
func Assemble(ctx context.Context, p *plan.Plan, c pipeline.Clock, log *zap.Logger) (*Assembly, error) {
	b := &builder{log: log, of: c, out: nobody{}, old: noParts()}
	built := &parts{plan: p, models: map[string]*model{}, cameras: map[string]*camera{}}
	if err := errors.Join(b.buildModels(ctx, built), b.buildCameras(ctx, built)); err != nil {
		return nil, errors.Join(err, built.close(noParts()))
	}
	return &Assembly{built}, nil
}

// Camera is the one of a name, which the plan has.
func (a *Assembly) Camera(name string) *pipeline.Camera { return a.parts.cameras[name].Camera }

// Model is the one of a name, which a camera of the plan has.
func (a *Assembly) Model(name string) *engines.Model { return a.parts.models[name].Model }

// Lacks is what a camera of the plan needs to do all that is asked of it; empty: nothing.
func (a *Assembly) Lacks(camera string) string { return a.parts.cameras[camera].lacks }

// Close lets the models go.
func (a *Assembly) Close() error { return a.parts.close(noParts()) }

// nobody takes messages away, and does nothing with them.
type nobody struct{}

func (nobody) Publish(context.Context, publish.Message) error { return nil }
func (nobody) Close() error                                   { return nil }
