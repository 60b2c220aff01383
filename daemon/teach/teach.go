// Package teach is what can be done with what is taught: make a name, give it pictures, train it, use a version or go back,
// and tell how far all that is. Commands do it by themselves, and the running daemon for its page and its subscribers.
//
// The pictures and versions are in a store (infer/learn/store), which several processes may use at once. What is learned of
// them is the business of infer/learn. Training is done in a child process, so that its memory goes with it, and a camera does not
// wait for it.
package teach

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/learn"
	"github.com/inceptiond/inceptiond/infer/learn/graft"
	"github.com/inceptiond/inceptiond/infer/learn/store"
	"github.com/inceptiond/inceptiond/infer/preprocess"
	"github.com/inceptiond/inceptiond/infer/task"
)

// Options say where things are.
type Options struct {
	Folder  string       // of the store
	Limits  store.Limits // of each name
	Program string       // its version, for reports
	Child   []string     // a program with its first arguments, which [Teacher.Serve]s a name; see [Teacher.TrainApart]
	Threads int          // of the engine that learns; 0: one per CPU
}

// Beside is how many threads learn where a camera's model works beside them: half of the processors, at least one. With all of
// them a camera lost an eighth of its rate even at low priority, as the threads of its model wait for the slowest.
func Beside() int { return max(runtime.GOMAXPROCS(0)/2, 1) }

// Teacher teaches the names of one store. It may be used from several goroutines at once.
type Teacher struct {
	*store.Store
	options Options
}

// New returns a Teacher. It touches nothing.
func New(o Options) *Teacher {
	return &Teacher{Store: store.Open(o.Folder, o.Limits), options: o}
}

// errFolder is about a machine without a place for what is taught.
var errFolder = errors.New("teach: there is no folder for what is taught: set teach.folder in the config file, or HOME")

// Check says whether there is a place for what is taught.
func (t *Teacher) Check() error {
	if t.options.Folder == "" {
		return errFolder
	}
	return nil
}

// ChangedError is about a base that is another file by now.
type ChangedError struct{ Name, File string }

// Error says how to go on.
func (e *ChangedError) Error() string {
	return fmt.Sprintf("teach: %s is another file than the one that %s was taught on: `inceptiond teach train %s` teaches it anew", e.File, e.Name, e.Name)
}

// FindBase looks at a model, of whose options it takes the file (a path, pull:NAME or builtin:demo), the task, mean and std, and describes
// it as a base that sees whole pictures: of people if it gives embeddings. The error says why it cannot be taught.
func FindBase(o engines.Options) (b store.Base, err error) {
	err = engines.Read(o.File, 0, func(f engines.File) error {
		b = store.Base{Name: o.File, File: (engines.Options{File: o.File}).Anywhere(), SHA256: f.Parsed.SHA256, Fit: preprocess.Stretch.String()}
		embeds, err := givesEmbeddings(f, o.Task)
		if embeds {
			b.Kind, b.Mean, b.Std = store.People, o.Mean, o.Std
		}
		if embeds || err != nil {
			return err
		}
		if _, err := learn.NewBase(f.Parsed); err != nil {
			return fmt.Errorf("%s: %w; take a network that ends in one pooling: `inceptiond model pull tf2_mobilenet_v2_1.0_224_ptq`, and --base pull:tf2_mobilenet_v2_1.0_224_ptq", o.File, err)
		}
		return nil
	})
	return b, err
}

// givesEmbeddings tells whether a model is for people: its task says so, or it ends as such models do. The error is about a task that does not
// fit it.
func givesEmbeddings(f engines.File, wanted string) (bool, error) {
	o := engines.Options{Task: wanted}
	_, err := f.Alone(o)
	switch {
	case wanted == string(task.Embed):
		return true, err
	case errors.Is(err, task.ErrFeatures):
		return true, nil
	}
	return false, nil
}

// BaseOf is FindBase, but for taught:NAME, which is the base that NAME is taught on.
func (t *Teacher) BaseOf(o engines.Options) (store.Base, error) {
	name, taught := strings.CutPrefix(o.File, engines.TaughtPrefix)
	if !taught {
		return FindBase(o)
	}
	n, err := t.Name(name)
	if err != nil {
		return store.Base{}, fmt.Errorf("%s: %w", o.File, err)
	}
	b, err := n.Base()
	return store.Base{Name: b.Name, File: b.File, SHA256: b.SHA256, Fit: preprocess.Stretch.String(), Kind: b.Kind, Mean: b.Mean, Std: b.Std}, err
}

// BaseOptions are those of the model that a base is.
func BaseOptions(b store.Base) engines.Options {
	o := engines.Options{File: b.File, Mean: b.Mean, Std: b.Std}
	if b.Kind == store.People {
		o.Task = string(task.Embed)
	}
	return o
}

// learner is a base that is open.
type learner struct {
	base    *learn.Base
	engine  *cpu.Engine
	options learn.Options
}

// errPeople is about what can be done with classes alone.
var errPeople = errors.New("it has people, and no classes that a network learns")

// withBase opens the base of a name of classes, for use, which keeps nothing of it. It is a *ChangedError if the file is another by
// now.
func (t *Teacher) withBase(n *store.Name, use func(*learner) error) error {
	return t.read(n, true, func(b store.Base, f engines.File) error {
		if b.Kind != store.Classes {
			return fmt.Errorf("%s: %w", n.Name(), errPeople)
		}
		l, err := t.open(n.Name(), b, f)
		if err != nil {
			return fmt.Errorf("%s: %w", b.Name, err)
		}
		return errors.Join(use(l), l.engine.Close())
	})
}

// read reads the base of a name, for use, which keeps nothing of it. With strict it is a *ChangedError if the file is another by now.
func (t *Teacher) read(n *store.Name, strict bool, use func(store.Base, engines.File) error) error {
	b, err := n.Base()
	if err != nil {
		return err
	}
	opened := false
	err = engines.Read(b.File, 0, func(f engines.File) error {
		opened = true
		if strict && b.SHA256 != f.Parsed.SHA256 {
			return &ChangedError{n.Name(), b.Name}
		}
		return use(b, f)
	})
	if err != nil && !opened {
		err = noBase(n, err)
	}
	return err
}

// noBase says how to mend a base that cannot be read: it is gone, or it was brought from another machine by name.
func noBase(n *store.Name, err error) error {
	return fmt.Errorf("teach: what %s is taught on cannot be read: %w: put that file back, or name another one in %s", n.Name(), err, filepath.Join(n.Path(), "base.json"))
}

// open makes an engine of a base.
func (t *Teacher) open(name string, b store.Base, f engines.File) (*learner, error) {
	base, err := learn.NewBase(f.Parsed)
	if err != nil {
		return nil, err
	}
	tapped, err := base.Tapped()
	if err != nil {
		return nil, err
	}
	engine, err := cpu.New(tapped, cpu.Options{Threads: t.options.Threads})
	if err != nil {
		return nil, err
	}
	o, _, err := t.learnOptions(name, b, f, engine)
	if err != nil {
		return nil, errors.Join(err, engine.Close())
	}
	return &learner{base, engine, o}, nil
}

// learnOptions say how pictures of a name are shown to its base, as to cameras, and what its outputs mean.
func (t *Teacher) learnOptions(name string, b store.Base, f engines.File, engine *cpu.Engine) (o learn.Options, r task.Reading, err error) {
	meaning, err := f.Meaning(BaseOptions(b), engine.Input(), engine.Outputs()[:len(f.Parsed.Outputs)])
	if err != nil {
		return o, r, err
	}
	o = learn.Defaults()
	o.Name, o.BaseFile, o.Program = name, b.Name, t.options.Program
	o.Preprocess.Mean, o.Preprocess.Std, o.Preprocess.FastDecode = meaning.Mean, meaning.Std, preprocess.FastAuto
	o.Preprocess.Fit, err = preprocess.ParseFit(b.Fit)
	return o, meaning.Reading, err
}

// pictures are those of a shelf, as they are learned from, and what was no picture.
func pictures(n *store.Name, shelf store.Shelf) ([]learn.Picture, []store.Skipped, error) {
	list, skipped, err := n.List(shelf)
	if err != nil {
		return nil, nil, err
	}
	set := make([]learn.Picture, len(list))
	for i, p := range list {
		set[i] = learn.Picture{
			ID: p.ID, Name: p.File, Class: p.Class, Camera: p.Note.Camera, Time: p.Note.Time,
			Read: func() ([]byte, error) { return n.Read(p) },
		}
	}
	return set, skipped, nil
}

// Embed looks at pictures of a name as its base sees them, without variants.
func (t *Teacher) Embed(ctx context.Context, n *store.Name, set []learn.Picture) (list []learn.Embedding, err error) {
	err = t.withBase(n, func(l *learner) error {
		list, err = learn.Embed(ctx, l.base, l.engine, set, l.options)
		return err
	})
	return list, err
}

// Extractor is the base of a name up to its last feature map, as a .tflite file for the compiler of the Edge TPU.
func (t *Teacher) Extractor(n *store.Name) (data []byte, err error) {
	err = t.withBase(n, func(l *learner) error {
		data, err = graft.Extractor(l.base.Model, l.base.At)
		return err
	})
	return data, err
}

// OntoEdgeTPU is the version of a name that is in use, with its feature map computed by an Edge TPU: compiled is the file that the
// Edge TPU's compiler made of Extractor. Its answers mean the same, so it can be edgetpu.file of the same model.
func (t *Teacher) OntoEdgeTPU(n *store.Name, compiled []byte) ([]byte, error) {
	v, there := n.Current()
	if !there {
		return nil, fmt.Errorf("no version of %s is in use (`inceptiond teach train %s`, then `inceptiond teach use %s`)", n.Name(), n.Name(), n.Name())
	}
	taught, err := v.Read(store.ModelFile)
	if err != nil {
		return nil, err
	}
	return graft.OntoEdgeTPU(compiled, taught)
}
