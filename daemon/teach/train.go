package teach

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/learn"
	"github.com/inceptiond/inceptiond/infer/learn/store"
	"github.com/inceptiond/inceptiond/internal/text"
)

// TrainOptions say how to train; the zero value is as usual.
type TrainOptions struct {
	Variants int  // of each picture; 0: four; below 0: none
	Flip     bool // variants may be mirrored

	MaxDistance float64 // of people: up to which one is recognized, for the report; 0: as usual
}

// Trained is what a training has made.
type Trained struct {
	ID     string       `json:"id"` // of the version
	Report learn.Report `json:"report"`
}

// ErrTraining is about a training while another one is under way.
var ErrTraining = errors.New("teach: a training is under way already: one at a time")

// Train makes a version of a name's pictures, in this process. It is not used: see Use. The error is a *learn.Refusal if the
// pictures do not do, ErrTraining, ctx's, or about the base or the disk; then all is as before.
func (t *Teacher) Train(ctx context.Context, n *store.Name, o TrainOptions, tell func(learn.Progress)) (Trained, error) {
	leave, err := t.enter()
	if err != nil {
		return Trained{}, err
	}
	defer leave()
	set, skipped, err := pictures(n, store.Pictures)
	if err != nil {
		return Trained{}, err
	}
	held, _, err := pictures(n, store.Held)
	if err != nil {
		return Trained{}, err
	}
	var done Trained
	err = t.read(n, false, func(b store.Base, f engines.File) error {
		more := func(to *learn.Options) {
			to.Held, to.Flip, to.Skipped = held, o.Flip, leftOut(skipped)
			if o.Variants != 0 {
				to.Variants = max(o.Variants, 0)
			}
			to.MaxDistance = cmp.Or(o.MaxDistance, to.MaxDistance)
		}
		teach := t.teach
		if b.Kind == store.People {
			teach = t.enrol
		}
		v, err := teach(ctx, n.Name(), b, f, set, more, tell)
		if err != nil {
			return err
		}
		done, err = commit(n, v, f.Parsed.SHA256)
		return err
	})
	return done, err
}

// teach finds a new last layer for a base.
func (t *Teacher) teach(ctx context.Context, name string, b store.Base, f engines.File, set []learn.Picture, more func(*learn.Options), tell func(learn.Progress)) (v *learn.Version, err error) {
	l, err := t.open(name, b, f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", b.Name, err)
	}
	more(&l.options)
	v, err = learn.Train(ctx, l.base, l.engine, set, l.options, tell)
	return v, errors.Join(err, l.engine.Close())
}

// enrol finds what a network that gives embeddings knows people by.
func (t *Teacher) enrol(ctx context.Context, name string, b store.Base, f engines.File, set []learn.Picture, more func(*learn.Options), tell func(learn.Progress)) (v *learn.Version, err error) {
	engine, err := cpu.New(f.Parsed, cpu.Options{Threads: t.options.Threads})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", b.Name, err)
	}
	o, reading, err := t.learnOptions(name, b, f, engine)
	if err == nil {
		more(&o)
		network := learn.Embedder{SHA256: f.Parsed.SHA256, Input: engine.Input(), Outputs: engine.Outputs(), At: reading.Outputs[0]}
		v, err = learn.Enrol(ctx, network, engine, set, o, tell)
	}
	return v, errors.Join(err, engine.Close())
}

// leftOut is files of a shelf with classes that are no pictures, as a report has them.
func leftOut(list []store.Skipped) (skipped []learn.Skipped) {
	for _, s := range list {
		class := ""
		if parts := strings.Split(s.File, "/"); len(parts) == 3 {
			class = parts[1]
		}
		skipped = append(skipped, learn.Skipped{Name: s.File, Class: class, Reason: s.Reason})
	}
	return skipped
}

// enter takes the only place for a training in this store, which leave gives back, as does the end of the process.
func (t *Teacher) enter() (leave func(), err error) {
	if err := t.Check(); err != nil {
		return nil, err
	}
	f, err := os.Open(t.options.Folder) // no file of its own, which whoever trains first would own
	if err != nil {
		return nil, fmt.Errorf("teach: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, errors.Join(ErrTraining, f.Close())
	}
	return func() { f.Close() }, nil // which unlocks it
}

// commit keeps a version, and notes the base that it was made of.
func commit(n *store.Name, v *learn.Version, base string) (Trained, error) {
	report, err := json.MarshalIndent(v.Report, "", "  ")
	if err != nil {
		return Trained{}, fmt.Errorf("teach: report: %w", err)
	}
	var learned []string
	for _, c := range v.Report.Classes {
		learned = append(learned, c.Pictures...)
	}
	id, err := n.Commit(store.Files{
		Model: v.Model, Report: append(report, '\n'), Embeddings: v.Embeddings, People: v.People,
		Labels: []byte(strings.Join(v.Labels, "\n") + "\n"), Pictures: learned,
	})
	if err != nil {
		return Trained{}, err
	}
	if b, err := n.Base(); err != nil {
		return Trained{}, err
	} else if b.SHA256 != base {
		b.SHA256 = base
		if err := n.SetBase(b); err != nil {
			return Trained{}, err
		}
	}
	return Trained{id, v.Report}, nil
}

// ReadReport is the report of a version.
func ReadReport(v store.Version) (learn.Report, error) {
	var r learn.Report
	data, err := v.Read(store.ReportFile)
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return r, fmt.Errorf("teach: the report of version %s cannot be read: %w", v.ID, err)
	}
	return r, nil
}

// Accuracy says how often a version is right, for people: never a share alone.
func Accuracy(r *learn.Report) string {
	if r.Total == 0 {
		return "nobody knows how often it is right: too few of the pictures differ to tell"
	}
	if p := r.People; p != nil {
		return fmt.Sprintf("%d of %s recognized at max_distance: %v, each by the others: %.0f %% (%.0f to %.0f %%)", r.Right,
			text.Plural(r.Total, "picture"), p.MaxDistance, 100*float64(r.Right)/float64(r.Total), 100*r.Accuracy.Low, 100*r.Accuracy.High)
	}
	return fmt.Sprintf("%d of %s right, each by a model that was not shown it: %.0f %% (%.0f to %.0f %%)", r.Right,
		text.Plural(r.Total, "picture"), 100*float64(r.Right)/float64(r.Total), 100*r.Accuracy.Low, 100*r.Accuracy.High)
}
