// Package lessons teaches models for the page and for subscribers of a running daemon: what daemon/teach can do, with the
// cameras that run, and what takes time in the background.
package lessons

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/daemon/service"
	"github.com/inceptiond/inceptiond/daemon/teach"
	"github.com/inceptiond/inceptiond/infer/learn/store"
	"github.com/inceptiond/inceptiond/infer/preprocess"
	"github.com/inceptiond/inceptiond/publish/web"
)

// Options say who does the work.
type Options struct {
	Program string // the file of this program, whose commands train and test in child processes
	Version string // of it
}

// Lessons are all names that are taught. They may be used from several goroutines at once.
type Lessons struct {
	school  service.School
	options Options
	log     *zap.Logger

	life    context.Context // of what is under way
	end     context.CancelFunc
	working sync.WaitGroup
	written atomic.Int64 // bytes

	mu       sync.Mutex
	teacher  *teach.Teacher // of folder
	folder   plan.Teach
	training map[string]*training // by name: under way, or the last
	taking   map[string]*taking   // by name: under way, or the last
	last     map[string]frame     // by camera: taken last
}

var _ service.Teacher = (*Lessons)(nil)

// New returns lessons in a school. They touch nothing until somebody asks.
func New(s service.School, o Options, log *zap.Logger) *Lessons {
	l := &Lessons{school: s, options: o, log: log, training: map[string]*training{}, taking: map[string]*taking{}, last: map[string]frame{}}
	l.life, l.end = context.WithCancel(context.Background())
	return l
}

// Close gives up what is under way, and waits for that.
func (l *Lessons) Close() error {
	l.end()
	l.working.Wait()
	return nil
}

// Written is how many bytes of pictures were written to the disk.
func (l *Lessons) Written() int64 { return l.written.Load() }

// now is the Teacher of the plan that runs.
func (l *Lessons) now() (*teach.Teacher, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p := l.school.Plan().Teach; l.teacher == nil || p != l.folder {
		l.folder = p
		l.teacher = teach.New(teach.Options{
			Folder: p.Folder, Limits: store.Limits{MaxPictures: p.MaxPictures, MaxBytes: p.MaxBytes}, Program: l.options.Version,
			Threads: teach.Beside(),
			Child:   l.command("serve-training", p.Folder),
		})
	}
	return l.teacher, l.teacher.Check()
}

// command is a command of `inceptiond teach` on what a folder has.
func (l *Lessons) command(name, folder string) []string {
	return []string{l.options.Program, "teach", name, "--folder", folder}
}

// find is a name, with who teaches it.
func (l *Lessons) find(name string) (*teach.Teacher, *store.Name, error) {
	t, err := l.now()
	if err != nil {
		return nil, nil, refused(err)
	}
	n, err := t.Name(name)
	return t, n, refused(err)
}

// refused is err as the page knows it: what is not there, what cannot be done as things are, and all else as it is.
func refused(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, store.ErrNone), errors.Is(err, store.ErrNoPicture), errors.Is(err, store.ErrNoVersion):
		return fmt.Errorf("%w: %w", web.ErrNone, err)
	case errors.As(err, new(*web.Refused)), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return &web.Refused{Reasons: []string{err.Error()}}
}

// Lessons are all names; see [web.Teacher].
func (l *Lessons) Lessons(ctx context.Context) ([]web.Lesson, error) {
	t, err := l.now()
	if err != nil {
		return nil, refused(err)
	}
	names, err := t.Names()
	if err != nil {
		return nil, refused(err)
	}
	var list []web.Lesson
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		one, err := l.Lesson(ctx, name)
		if err != nil {
			one = web.Lesson{Name: name, Kind: web.LessonClasses, Problem: err.Error()}
		}
		list = append(list, one)
	}
	return list, nil
}

// Lesson is how far a name is; see [web.Teacher].
func (l *Lessons) Lesson(_ context.Context, name string) (web.Lesson, error) {
	_, n, err := l.find(name)
	if err != nil {
		return web.Lesson{}, err
	}
	s, err := teach.Look(n)
	if err != nil {
		return web.Lesson{}, refused(err)
	}
	is := lessonOf(&s)
	if worse := s.Worse(); worse != nil {
		is.Newest.Worse = worse.Error()
	}
	l.used(&is)
	l.mu.Lock()
	defer l.mu.Unlock()
	if one := l.training[name]; one != nil {
		told := one.told()
		is.Training = &told
	}
	if one := l.taking[name]; one != nil {
		told := one.told()
		is.Taking = &told
	}
	return is, nil
}

// used fills in which cameras have to do with a name.
func (l *Lessons) used(is *web.Lesson) {
	p := l.school.Plan()
	for _, camera := range p.CamerasFirst() {
		c := p.Cameras[camera]
		isThat := func(model string) bool {
			o := p.Models[model]
			return o.Of(is.Name)
		}
		if slices.ContainsFunc(c.Models(), isThat) {
			is.Cameras = append(is.Cameras, camera)
		}
		if c.Taught == is.Name && c.Collect != nil {
			is.Collect = append(is.Collect, camera)
		}
	}
	slices.Sort(is.Cameras)
	slices.Sort(is.Collect)
}

// NewLesson makes a name for a camera; see [web.Teacher].
func (l *Lessons) NewLesson(_ context.Context, name, camera string) error {
	t, err := l.now()
	if err != nil {
		return refused(err)
	}
	p := l.school.Plan()
	c, there := p.Cameras[camera]
	if !there {
		return fmt.Errorf("camera: %w", web.ErrNone)
	}
	b, err := base(t, p, c)
	if err != nil {
		return refused(err)
	}
	b.Camera = camera
	_, err = t.New(name, b)
	return refused(err)
}

// base is the network that a camera uses, and how it sees.
func base(t *teach.Teacher, p *plan.Plan, c plan.Camera) (b store.Base, err error) {
	model := p.Models[c.Model]
	if c.Then != nil { // which sees crops of what the first one finds
		model = p.Models[c.Then.Model]
		c.Preprocess.Region = preprocess.Region{Width: 1, Height: 1}
	}
	model.File = model.Anywhere()
	if b, err = t.BaseOf(model); err != nil {
		return b, err
	}
	r := c.Preprocess.Region
	b.Region, b.Fit = [4]float64{r.X, r.Y, r.Width, r.Height}, c.Preprocess.Fit.String()
	upright := c.Picture
	if c.View != "" {
		upright = p.Cameras[c.View].Picture
	}
	b.Rotate, b.Flip = upright.Rotate, upright.Flip.String()
	return b, nil
}

// RemoveLesson deletes a name; see [web.Teacher].
func (l *Lessons) RemoveLesson(ctx context.Context, name string) error {
	_, n, err := l.find(name)
	if err != nil {
		return err
	}
	l.stop(name)
	if err := n.Remove(); err != nil {
		return refused(err)
	}
	l.mu.Lock()
	delete(l.training, name)
	delete(l.taking, name)
	l.mu.Unlock()
	l.school.Changed(name)
	return nil
}

// Forget deletes a class; see [web.Teacher].
func (l *Lessons) Forget(_ context.Context, name, class string) error {
	_, n, err := l.find(name)
	if err != nil {
		return err
	}
	if _, err := n.Forget(class); err != nil {
		return refused(err)
	}
	l.school.Changed(name)
	return nil
}
