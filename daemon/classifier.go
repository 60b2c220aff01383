package main

import (
	"context"
	"fmt"
	"time"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/preprocess"
	"github.com/inceptiond/inceptiond/publish"
)

// classifier turns frames into predictions. It owns every buffer on the way, so it is not for concurrent use; the model
// behind it may be shared with other classifiers.
type classifier struct {
	model     *sharedModel
	pre       *preprocess.Preprocessor
	topK      int
	threshold float32

	in     []byte
	outs   [][]byte
	scores []float32
	best   []infer.Prediction
	named  []publish.Prediction
}

// answer is what a frame shows and where the time went. Its predictions are valid until the next frame.
type answer struct {
	predictions []publish.Prediction
	preprocess  time.Duration
	queued      time.Duration // until other cameras had had their turn with the model
	inference   time.Duration
	engine      string // that answered
}

// newClassifier makes room for everything that a frame needs on its way through m.
func newClassifier(m *sharedModel, opt preprocess.Options, topK int, threshold float64) (*classifier, error) {
	pre, err := preprocess.New(m.engine.Input(), opt)
	if err != nil {
		return nil, fmt.Errorf("model %q: %w", m.name, err)
	}
	return &classifier{
		model: m, pre: pre, topK: topK, threshold: float32(threshold),
		in: make([]byte, m.engine.Input().Bytes()), outs: infer.Buffers(m.engine.Outputs()),
		scores: make([]float32, m.engine.Outputs()[0].Elements()),
	}, nil
}

// classify answers one frame, and tells work where it is. The error wraps capture.ErrBadFrame if the frame is damaged.
func (c *classifier) classify(ctx context.Context, f *capture.Frame, work *progress) (answer, error) {
	begin := time.Now()
	work.enter(atPreprocess)
	if err := c.pre.Run(f, c.in); err != nil {
		return answer{}, err
	}
	ready := time.Now()
	work.leave() // the model tells its own progress, which it may owe to other cameras first
	by, inference, err := c.model.run(ctx, c.in, c.outs)
	if err != nil {
		return answer{}, err
	}
	work.enter(atRank)
	queued := time.Since(ready) - inference
	if err := c.rank(); err != nil {
		return answer{}, err
	}
	return answer{predictions: c.named, preprocess: ready.Sub(begin), queued: queued, inference: inference, engine: by.Engine}, nil
}

// rank turns the output tensor into named predictions, the best first.
func (c *classifier) rank() error {
	if err := c.model.engine.Outputs()[0].Values(c.scores, c.outs[0]); err != nil {
		return err
	}
	c.best = infer.TopK(c.best[:0], c.scores, c.topK, c.threshold)
	c.named = c.named[:0]
	for _, p := range c.best {
		label := ""
		if c.model.labels != nil {
			label = c.model.labels.Name(p.Index)
		}
		c.named = append(c.named, publish.Prediction{Index: p.Index, Label: label, Score: p.Score})
	}
	return nil
}
