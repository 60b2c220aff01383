package service

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/daemon/pipeline"
	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/learn/store"
)

// inboxes keep pictures that cameras have collected, until somebody gives them a label. They may be used from several
// goroutines at once.
type inboxes struct {
	log     *zap.Logger
	now     func() time.Time
	plan    func() *plan.Plan // that runs
	changed func(name string) // is told after a change

	written atomic.Int64

	mu      sync.Mutex
	teach   plan.Teach
	store   *store.Store
	spent   map[string]*day   // by camera
	trouble map[string]string // by name: why its last picture was not kept
}

// day is what a camera has written since a moment.
type day struct {
	begin time.Time
	bytes int64
	told  bool // that there is no more for it
}

func newInboxes(log *zap.Logger, p func() *plan.Plan, changed func(name string)) *inboxes {
	return &inboxes{log: log, now: time.Now, plan: p, changed: changed, spent: map[string]*day{}, trouble: map[string]string{}}
}

// keep keeps a picture of a camera, as the plan in force wants it. What stands in its way is said once.
func (b *inboxes) keep(camera string, s pipeline.Sample) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.plan()
	c := p.Cameras[camera]
	if c.Collect == nil || !b.affords(camera, c.Collect.Budget, int64(len(s.JPEG))) {
		return
	}
	if b.store == nil || b.teach != p.Teach {
		b.teach, b.store = p.Teach, lessons(p)
	}
	fresh, err := b.add(c.Taught, store.Note{Camera: camera, Time: s.Time, Label: s.Label, Score: s.Score, Why: string(s.Why)}, s.JPEG)
	if fresh {
		b.spent[camera].bytes += int64(len(s.JPEG))
		b.written.Add(int64(len(s.JPEG)))
	}
	if b.note(c.Taught, camera, err) || fresh {
		b.changed(c.Taught)
	}
}

// add puts a picture into the inbox of a name.
func (b *inboxes) add(name string, note store.Note, jpeg []byte) (fresh bool, err error) {
	n, err := b.store.Name(name)
	if errors.Is(err, store.ErrNone) {
		return false, notBegun(b.teach.Folder, name)
	}
	if err == nil {
		_, fresh, err = n.Add(store.Inbox, "", jpeg, note)
	}
	return fresh, err
}

// notBegun says that nothing has the name, and what to do.
func notBegun(folder, name string) error {
	return &engines.UntaughtError{Name: name, Folder: filepath.Join(folder, name)}
}

// affords tells whether a camera may write so many bytes more today: in the 24 hours since its first picture.
func (b *inboxes) affords(camera string, budget, size int64) bool {
	d, now := b.spent[camera], b.now()
	if d == nil || now.Sub(d.begin) >= 24*time.Hour {
		d = &day{begin: now}
		b.spent[camera] = d
	}
	if budget == 0 || d.bytes+size <= budget {
		return true
	}
	if !d.told {
		d.told = true
		b.log.Warn("no more pictures are collected today: the budget is used up", zap.String("camera", camera), zap.Int64("bytes", budget))
	}
	return false
}

// note notes what became of a picture for a name, says it if that is news, and tells whether it is.
func (b *inboxes) note(name, camera string, err error) (news bool) {
	why := ""
	if err != nil {
		why = err.Error()
	}
	before := b.trouble[name]
	b.trouble[name] = why
	about := []zap.Field{zap.String("camera", camera), zap.String("name", name)}
	switch {
	case why == before:
		return false
	case why == "":
		b.log.Info("pictures are collected again", about...)
	case before == "":
		b.log.Warn("no picture is collected", append(about, zap.Error(err))...)
	}
	return true
}

// problem is why no pictures are collected for a name; empty: they are, or nobody has tried.
func (b *inboxes) problem(name string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if why := b.trouble[name]; why != "" {
		return fmt.Sprintf("no picture is collected: %s", why)
	}
	return ""
}

// checkCollect notes which cameras collect pictures for what is not there.
func checkCollect(p *plan.Plan) (notes []string) {
	for _, camera := range p.CamerasFirst() {
		c := p.Cameras[camera]
		if c.Collect == nil {
			continue
		}
		if _, err := lessons(p).Name(c.Taught); errors.Is(err, store.ErrNone) {
			notes = append(notes, fmt.Sprintf("camera %s: collect: %v", camera, notBegun(p.Teach.Folder, c.Taught)))
		}
	}
	return notes
}
