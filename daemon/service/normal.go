package service

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/capture/picture/still"
	"github.com/inceptiond/inceptiond/daemon/pipeline"
	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/infer/learn/store"
	"github.com/inceptiond/inceptiond/infer/preprocess"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/order"
)

// normal is what a camera knows of its scene when all is well.
type normal struct {
	scene  *task.Scene // nil: there is nothing to compare with
	output int         // of the model, that the scene reads
	lacks  string      // why there is nothing, though it is wanted, and how to mend it
}

// learnNormal has the model see the normal pictures of a camera. Where there are too few, the camera does without. The error is
// about a model that has no map to compare, or ctx's.
func (b *builder) learnNormal(ctx context.Context, p *plan.Plan, name string, m *model, log *zap.Logger) (normal, error) {
	c := p.Cameras[name]
	if c.Normal == nil {
		return normal{}, nil
	}
	if m.Scene.Map == 0 {
		return normal{}, fmt.Errorf("normal: model %q cannot compare scenes: %w", m.Name, m.Scene.None)
	}
	pictures, err := readNormal(p.Teach, c.Normal.Name, log)
	if err != nil {
		log.Warn("normal pictures cannot be read", zap.Error(err))
	}
	learner, err := task.NewSceneLearner(m.Engine.Outputs()[m.Scene.Map], c.Normal.Loose)
	if err != nil {
		return normal{}, fmt.Errorf("normal: model %q: %w", m.Name, err)
	}
	n, err := showAll(ctx, learner, m, preprocess.Options{Fit: c.Preprocess.Fit, FastDecode: c.Preprocess.FastDecode}, pictures, log)
	if err != nil {
		return normal{}, fmt.Errorf("normal: %w", err)
	}
	scene, err := learner.Scene()
	if errors.Is(err, task.ErrFewNormal) {
		lacks := fmt.Sprintf("%d of at least %d normal pictures, so nothing is compared (`inceptiond teach normal %s --camera %s` takes more)",
			n, task.MinNormal, c.Normal.Name, name)
		log.Warn("too few normal pictures", zap.String("reason", lacks))
		return normal{lacks: lacks}, nil
	}
	if err != nil {
		return normal{}, fmt.Errorf("normal: %w", err)
	}
	log.Info("normal pictures seen", zap.Int("pictures", n), zap.Float32("threshold", scene.Threshold()))
	return normal{scene: scene, output: m.Scene.Map}, nil
}

// readNormal reads the normal pictures of a taught name: at most so many as are looked at, by their IDs, which are as good as drawn
// by lot. There are none if nothing was taught by that name.
func readNormal(t plan.Teach, name string, log *zap.Logger) (data [][]byte, err error) {
	taught, err := store.Open(t.Folder, store.Limits{}).Name(name)
	if errors.Is(err, store.ErrNone) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	pictures, skipped, err := taught.List(store.Normal)
	for _, s := range skipped {
		log.Warn("a normal picture does not count", zap.String("file", s.File), zap.String("reason", s.Reason))
	}
	order.Sort(pictures, func(a, b store.Picture) int { return strings.Compare(a.ID, b.ID) })
	if len(pictures) > task.MaxLearned {
		log.Info("more normal pictures than are looked at", zap.Int("pictures", len(pictures)), zap.Int("looked_at", task.MaxLearned))
		pictures = pictures[:task.MaxLearned]
	}
	for _, p := range pictures {
		one, wrong := taught.Read(p)
		if wrong != nil {
			err = errors.Join(err, wrong)
			continue
		}
		data = append(data, one)
	}
	return data, err
}

// showAll has the model see pictures, which are what the camera looks at, cut out, and gives the learner what it makes of them. It
// tells how many could be read. The error is ctx's, or the engine's.
func showAll(ctx context.Context, l *task.SceneLearner, m *model, o preprocess.Options, pictures [][]byte, log *zap.Logger) (n int, err error) {
	trial, err := pipeline.NewTrial(pipeline.LookOptions{Model: m.shared, Preprocess: o, TopK: 1, Inner: m.Scene.Map})
	if err != nil {
		return 0, err
	}
	for _, data := range pictures {
		var f capture.Frame
		if err = still.Decode(bytes.NewReader(data), &f); err == nil {
			_, err = trial.Answer(ctx, picture.Of(&f))
		}
		switch {
		case ctx.Err() != nil:
			return n, ctx.Err()
		case errors.Is(err, capture.ErrBadFrame):
			log.Warn("a normal picture does not count", zap.Error(err))
			continue
		case err != nil:
			return n, err
		}
		if err := l.Add(trial.Inner()); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
