package pipeline

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/capture/view"
	"github.com/inceptiond/inceptiond/publish"
)

// answer answers frames while there are any. It returns io.EOF after the last picture of a source that has one, and another
// error when ctx ends, or that of the camera whose view this is. A view that is closed lets pictures go by.
func (c *Camera) answer(ctx context.Context) error {
	if !c.isView() {
		return c.answerFrames(ctx, ctx)
	}
	for {
		if err := c.passBy(ctx); err != nil {
			return err
		}
		open, stop := c.door.while(ctx, nil)
		err := c.answerFrames(ctx, open)
		stop()
		if ctx.Err() != nil || !moved(open) {
			return err
		}
	}
}

// answerFrames takes the newest picture, again and again, and sends away what it shows, until open ends. What is begun by then
// is brought to its end.
func (c *Camera) answerFrames(ctx, open context.Context) error {
	var p *picture.Picture
	work := c.look.work
	for {
		var err error
		work.enter(atTake)
		p, err = c.take(open, p)
		if err != nil {
			work.leave()
			return err
		}
		begin := time.Now()
		answered := c.answerOne(ctx, p, begin)
		f := p.Frame()
		c.snapping.take(p, c.look, c.result.Sequence == f.Sequence && c.result.Time.Equal(f.Time))
		c.collecting.take(p)
		work.leave()
		if !answered {
			continue
		}
		if err := c.restAfter(open, begin); err != nil {
			c.taken.Take(ended(), p) // gives it back
			return err
		}
	}
}

// ended is a context that has ended.
func ended() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// passBy lets pictures go by while a view is closed. The error is that of take.
func (c *Camera) passBy(ctx context.Context) error {
	closed := c.Closed()
	if closed == nil {
		return nil
	}
	var lost *view.Interruption
	for ; closed != nil; closed = c.Closed() {
		c.health.shut(closed)
		c.shut(closed)
		during, stop := c.door.while(ctx, closed)
		var p *picture.Picture
		var err error
		for err == nil || errors.As(err, &lost) {
			if p, err = c.taken.Take(during, p); err == nil {
				lost = nil
			}
		}
		stop()
		if ctx.Err() != nil || !moved(during) {
			return err
		}
	}
	c.report(publish.CameraConnecting, time.Now(), nil)
	if lost != nil {
		c.interrupted(lost)
	}
	return nil
}

// restAfter waits until another result may come after one that was begun at a moment: as often as the config says, and as the
// machine can stand.
func (c *Camera) restAfter(ctx context.Context, begin time.Time) error {
	until := begin.Add(c.pause)
	for {
		if err := c.rest(ctx, until); err != nil {
			return err
		}
		if until = c.look.restsUntil(); !until.After(time.Now()) {
			return nil
		}
	}
}

// take gives old back and waits for another picture.
func (c *Camera) take(ctx context.Context, old *picture.Picture) (*picture.Picture, error) {
	p, err := c.takeOrLetGo(ctx, old)
	for err != nil && c.interrupted(err) {
		p, err = c.takeOrLetGo(ctx, nil)
	}
	if err == nil && c.isView() {
		c.counts.frames.Add(1)
		if c.taken.Interrupted() == nil { // else it is left over from before its camera was lost
			c.health.seen(p.Frame().Sequence)
		}
	}
	return p, err
}

// rest waits until another result may come. A view that is lost meanwhile says so at once.
func (c *Camera) rest(ctx context.Context, until time.Time) error {
	if d := time.Until(until); d > 0 {
		if err := c.taken.Rest(ctx, d); err != nil && !c.interrupted(err) {
			return err
		}
	}
	return c.sleepOrLetGo(ctx, until)
}

// interrupted tells whether err means that there are no pictures for now. That a camera is lost is said by its supervisor;
// a view has none, and says it here.
func (c *Camera) interrupted(err error) bool {
	var away *view.Interruption
	if !errors.As(err, &away) {
		return false
	}
	c.snapping.asked.Store(false)
	var closed *Closed
	switch {
	case errors.As(away.Reason, &closed):
		if c.isView() {
			c.health.shut(closed)
		}
		c.shut(closed)
	case c.isView():
		c.health.lost(away.Reason)
		fallthrough
	default:
		c.gate.reopen()
		c.watching.reopen()
	}
	return true
}

// answerOne answers one frame, if the gate lets it pass, and tells whether the model had it. A frame that cannot be read and an
// engine that fails cost that frame only.
func (c *Camera) answerOne(ctx context.Context, p *picture.Picture, begin time.Time) (answered bool) {
	frame := p.Frame()
	pass, err := c.admit(p, begin)
	if err == nil && !pass {
		return false
	}
	c.startStep()
	var answer Answer
	if err == nil {
		answer, err = c.look.Answer(ctx, p)
	}
	if err != nil {
		c.askAgain()
	}
	switch {
	case ctx.Err() != nil:
		return true
	case errors.Is(err, capture.ErrBadFrame):
		c.skipBad(err)
		return true
	}
	c.health.good(frame)
	if err != nil {
		c.counts.failed.Add(1)
		c.often.Error("frame not classified", zap.Error(err))
		return true
	}
	c.gate.answered(begin)
	c.conclude(ctx, p, &answer, begin)
	return true
}

// conclude sends away what an answer to p says, which was begun at a moment.
func (c *Camera) conclude(ctx context.Context, p *picture.Picture, answer *Answer, begin time.Time) {
	frame := p.Frame()
	c.countCrops(answer)
	c.doubt(c.look)
	now := time.Now()
	c.look.work.enter(atPublish)
	c.result = publish.Result{
		Device: c.device, Camera: c.name,
		Sequence: frame.Sequence, Time: frame.Time, Monotonic: c.clock.SinceBoot(frame.Time), Picture: frame.Name,
		Stages: publish.Stages{
			Wait: begin.Sub(frame.Time) + answer.Queued, Preprocess: answer.Preprocess, Inference: answer.Inference, Then: answer.Then.Took, Total: now.Sub(frame.Time),
		},
		Model: c.look.options.Model.identity(), Engine: answer.By.Engine, Task: string(c.look.task.Kind()), Image: sizeOf(p),
		Predictions: answer.Predictions, Familiarity: answer.Familiarity,
	}
	answer.Found.tell(&c.result)
	c.emit(ctx, answer, &c.result)
	c.publishMap(ctx, answer, c.result.Monotonic)
	c.counts.results.Add(1)
	c.result.Mask = c.look.mask()
	c.watchers.tell(p, &c.result)
	c.endStep(p, answer)
	if entry := c.log.Check(zap.DebugLevel, "result"); entry != nil { // else the fields would be allocated for nobody
		entry.Write(zap.Uint64("sequence", frame.Sequence), zap.Duration("total", now.Sub(frame.Time)))
	}
}

// Replay answers a picture, whatever the gate says, in the caller's goroutine and in place of Run, as Run would have when the frame came.
// kept is what the runs of the models go on from, that of the camera's first, then one for each crop; nil: what those before have left. The
// error is why the model has not answered.
func (c *Camera) Replay(ctx context.Context, p *picture.Picture, kept ...[]byte) error {
	c.startStep()
	c.look.setGiven(&given{kept})
	defer c.look.setGiven(nil)
	answer, err := c.look.Answer(ctx, p)
	defer c.look.work.leave()
	if err == nil {
		c.conclude(ctx, p, &answer, time.Now())
	}
	return err
}

// publishMap publishes which class is where, if that is wanted and it is time.
func (c *Camera) publishMap(ctx context.Context, a *Answer, now time.Duration) {
	if !c.mapping.due(now) {
		return
	}
	data, err := segmentMap(&a.Findings.Map)
	if err != nil {
		c.often.Error("no segment map", zap.Error(err))
		return
	}
	c.tell(ctx, &publish.SegmentMap{Camera: c.name, PNG: data})
}

// sizeOf is the size of the upright frame.
func sizeOf(p *picture.Picture) publish.Size {
	width, height, err := p.Size()
	if err != nil { // of a picture that has been read
		return publish.Size{}
	}
	return publish.Size{Width: width, Height: height}
}

// countCrops counts what a second model has answered. That it does not costs the frame nothing else.
func (c *Camera) countCrops(a *Answer) {
	c.counts.crops.Add(uint64(a.Then.Crops))
	if a.Then.Err != nil {
		c.counts.cropsFailed.Add(1)
		c.often.Error("crop not classified", zap.String("model", c.look.options.Then.Model.Name), zap.Error(a.Then.Err))
	}
}

// doubt says in the log, once for each model, that the model of a look does not seem to see anything.
func (c *Camera) doubt(l *Look) {
	if l.then != nil {
		c.doubt(l.then.look)
	}
	if s := l.seeing; s == nil || s.judged || s.n < maxDiffering {
		return
	}
	l.seeing.judged = true
	m := l.options.Model
	if text := l.seeing.doubt(maxDiffering); text != "" && !m.doubted.Swap(true) {
		c.log.Warn(text, zap.String("model", m.Name))
	}
}
