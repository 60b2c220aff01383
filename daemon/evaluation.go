package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
	"io"
	"os"
	"slices"
	"strconv"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/capture/picture/still"
	"github.com/inceptiond/inceptiond/daemon/pipeline"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/evaluate"
	"github.com/inceptiond/inceptiond/infer/evaluate/truth"
	"github.com/inceptiond/inceptiond/infer/preprocess"
	"github.com/inceptiond/inceptiond/infer/task"
)

// evaluation has models answer pictures whose classes are known, and writes the report: what `evaluate` and `teach test` do.
type evaluation struct {
	lookSettings
	models      []engines.Options // what is evaluated; the first is compared with each of the others
	names       []string          // of these, for people
	pictures    knownPictures
	folder      string   // of the pictures; empty: pictures has them
	truth       string   // the file or the folder that says what they show; empty: it is looked for
	only        []string // classes of objects that are looked at; empty: all
	unjudged    bool     // nobody knows what they show
	none        []string // classes that are none of the model's, by wish
	usualNone   []string // classes that stand for none of them, unless a model has them
	source      string   // where the pictures are from, for people
	least       float64  // score of objects and postures that a camera would tell
	maxDistance float64  // up to which two pictures are said to show one person
	json        bool     // print JSON, not text
	html        string   // file that gets the report as HTML; empty: none does
}

// knownPictures are pictures whose classes are known.
type knownPictures struct {
	classes []string
	list    []evaluate.Picture // in the order in which they are answered
	set     truth.Set          // of objects: the classes that these are of
	notes   []string           // for people
}

// nameNone makes pictures of classes with these names such as show none.
func (k *knownPictures) nameNone(names []string) {
	k.classes = slices.DeleteFunc(k.classes, func(c string) bool { return slices.Contains(names, c) })
	for i := range k.list {
		if slices.Contains(names, k.list[i].Class) {
			k.list[i].Class = ""
		}
	}
}

// examinees are the models that are evaluated, and what they need to look at a picture.
type examinees struct {
	subjects []evaluate.Subject
	models   []*engines.Model
	looks    []*pipeline.Look

	picture *picture.Picture
	frame   capture.Frame
	answers []evaluate.Answer
}

// run evaluates and writes the reports. It blocks until that is done or ctx ends.
func (e *evaluation) run(ctx context.Context, std streams) (err error) {
	page, err := openReport(e.html)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, page.Close()) }()
	x, err := e.open(ctx, std.err)
	defer x.close()
	if err != nil {
		return err
	}
	if err := errors.Join(e.gather(x.models, x.subjects), ctx.Err()); err != nil {
		return err
	}
	if err := e.check(x.subjects); err != nil {
		return err
	}
	shown := newProgress(std.err)
	report, err := evaluate.Run(ctx, x.subjects, slices.Values(e.pictures.list), x.answer, evaluate.Options{
		Program: versionString(), Time: time.Now(), Source: e.source, Settings: append(e.differing(x.subjects[0].Kind), e.pictures.notes...),
		Unjudged: e.unjudged, Classes: e.pictures.set.Classes,
		Tell: func(done int) { shown.count(done, len(e.pictures.list)) },
	})
	shown.clear()
	if err != nil {
		return err
	}
	for _, l := range x.looks {
		if doubt := l.Doubt(); doubt != "" {
			fmt.Fprintf(std.err, "hint: %s\n", doubt)
		}
	}
	return e.write(std.out, report, page)
}

// open loads the models. What it returns is to be closed, also with an error.
func (e *evaluation) open(ctx context.Context, stderr io.Writer) (x *examinees, err error) {
	x = &examinees{answers: make([]evaluate.Answer, len(e.models))}
	if x.picture, err = picture.New(e.upright); err != nil {
		return x, err
	}
	for i, o := range e.models {
		m, err := engines.Load(ctx, e.names[i], o, zap.NewNop())
		if err != nil {
			return x, err
		}
		x.models = append(x.models, m)
		if first, k := x.models[0].Reading.Kind, m.Reading.Kind; k != first {
			return x, usageError{fmt.Errorf("%s is a model for %s, and %s for %s: only models of one task are compared", e.names[0], first, e.names[i], k)}
		}
		if err := printNotes(stderr, m); err != nil {
			return x, err
		}
		if err := x.add(e, e.names[i], m); err != nil {
			return x, err
		}
	}
	return x, nil
}

// usualThreshold is the least score of objects and postures that a camera lists if nobody says otherwise.
const usualThreshold = 0.5

// add adds a model that has been loaded. It tells all that it finds, whatever the score, and at most what COCO counts of a picture.
func (x *examinees) add(e *evaluation, name string, m *engines.Model) error {
	const found = 100
	kind := m.Reading.Kind
	options := e.look
	options.TopK, options.Model = 1, sharedModel(m)
	options.Model.Task.MaxResults = found
	look, err := pipeline.NewLook(options)
	if err != nil {
		return err
	}
	x.looks = append(x.looks, look)
	s := evaluate.Subject{
		Name: name, SHA256: m.SHA256, Engine: m.Wanted, Kernels: m.Kernels, Threads: m.Threads, Kind: kind, Labels: m.Labels, Classes: m.Reading.Classes,
		Threshold: e.threshold(kind), MaxDistance: e.maxDistance,
	}
	switch {
	case m.People != nil: // its classes, whose scores are no probabilities
		s.Kind, s.Labels, s.Classes = task.Classify, m.People.Names(), len(m.People.Names())
	case kind == task.Classify:
		s.Classes, s.Probabilities = m.Engine.Outputs()[0].Elements(), m.Reading.Scores != task.Raw || m.Reading.Probabilities
	}
	x.subjects = append(x.subjects, s)
	return nil
}

// threshold is the least score of an answer.
func (e *evaluation) threshold(kind task.Kind) float64 {
	switch {
	case kind == task.Classify:
		return e.look.Threshold
	case kind != task.Detect && kind != task.Pose:
		return 0
	}
	return e.least
}

func (x *examinees) close() {
	for _, m := range x.models {
		m.Close() // nothing that it could say matters any more
	}
}

// check finds the classes that a model does not have, before any picture is answered.
func (e *evaluation) check(subjects []evaluate.Subject) error {
	none := slices.Clone(e.none)
	for _, name := range e.usualNone {
		if subjects[0].Kind == task.Embed || evaluate.Check(subjects, []string{name}) != nil { // else it is a class like any other
			none = append(none, name)
		}
	}
	e.pictures.nameNone(none)
	if subjects[0].Kind != task.Classify {
		return e.checkObjects(subjects)
	}
	err := evaluate.Check(subjects, e.pictures.classes)
	if bad := new(evaluate.ClassError); errors.As(err, &bad) {
		err = fmt.Errorf("%w\nrename the folder, or say --unknown %q if its pictures show none of the classes", err, bad.Class)
	}
	return err
}

// checkObjects finds the classes of objects that a model does not have.
func (e *evaluation) checkObjects(subjects []evaluate.Subject) error {
	err := evaluate.CheckClasses(subjects, e.pictures.set.Classes)
	if bad := new(evaluate.ClassError); errors.As(err, &bad) {
		err = fmt.Errorf("%w\nname the classes that are to be looked at: --only person,dog", err)
	}
	return err
}

// answer is what the models say of a picture. Each of them decodes it anew, so that their times can be compared.
func (x *examinees) answer(ctx context.Context, data []byte) ([]evaluate.Answer, error) {
	if err := still.Decode(bytes.NewReader(data), &x.frame); err != nil {
		return nil, &evaluate.PictureError{Err: err}
	}
	for i, look := range x.looks {
		x.picture.Set(&x.frame)
		a, err := look.Answer(ctx, x.picture)
		if errors.Is(err, capture.ErrBadFrame) {
			return nil, &evaluate.PictureError{Err: err}
		}
		if err != nil {
			return nil, err
		}
		x.answers[i] = evaluate.Answer{
			Scores: a.Findings.Classes, Taught: a.Findings.Taught, Familiar: a.Findings.Familiar, Unknown: a.Findings.Unknown, Took: a.Preprocess + a.Inference,
			Found: a.Findings,
		}
		if x.models[i].People != nil { // the score of the nearest is how familiar the picture is
			who := a.Findings.Who
			x.answers[i].Taught, x.answers[i].Familiar, x.answers[i].Unknown = true, who.Score, who.Person < 0
		}
		if x.answers[i].Width, x.answers[i].Height, err = x.picture.Size(); err != nil {
			return nil, &evaluate.PictureError{Err: err}
		}
	}
	return x.answers, nil
}

// differing are the settings of the way from picture to answer that are not the usual ones, for people.
func (e *evaluation) differing(kind task.Kind) (list []string) {
	add := func(differs bool, format string, args ...any) {
		if differs {
			list = append(list, fmt.Sprintf(format, args...))
		}
	}
	r := e.look.Preprocess.Region
	add(r != (preprocess.Region{}) && r != (preprocess.Region{Width: 1, Height: 1}), "region %s,%s,%s,%s", short(r.X), short(r.Y), short(r.Width), short(r.Height))
	add(e.look.Preprocess.Fit != preprocess.Stretch, "fit %v", e.look.Preprocess.Fit)
	add(e.upright.Rotate != 0, "rotate %d", e.upright.Rotate)
	add(e.upright.Flip != picture.FlipNone, "flip %v", e.upright.Flip)
	add(len(e.upright.Mask) > 0, "mask")
	add(e.look.Preprocess.FastDecode != preprocess.FastAuto, "fast decode %v", e.look.Preprocess.FastDecode)
	usual := map[task.Kind]float64{task.Detect: usualThreshold, task.Pose: usualThreshold}[kind]
	add(e.threshold(kind) != usual, "threshold %s", short(e.threshold(kind)))
	return list
}

// short is a fraction with as few digits as tell it from others.
func short(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// write writes the report to out, and to page if somebody wants that.
func (e *evaluation) write(out io.Writer, r *evaluate.Report, page *reportFile) error {
	if e.html != "" {
		thumb, err := e.thumbnails()
		if err != nil {
			return err
		}
		if err := page.write(func(w io.Writer) error { return r.WriteHTML(w, thumb) }); err != nil {
			return err
		}
	}
	if e.json {
		return json.NewEncoder(out).Encode(r)
	}
	if err := r.WriteText(out); err != nil || e.html == "" {
		return err
	}
	_, err := fmt.Fprintf(out, "\nThe report with pictures: %s\n", e.html)
	return err
}

// thumbnails makes small pictures of what the model sees, and larger ones of the whole picture that something is drawn on.
func (e *evaluation) thumbnails() (evaluate.Thumb, error) {
	small, errSmall := picture.NewEncoder(picture.EncoderOptions{Region: e.look.Preprocess.Region, MaxWidth: 232, Quality: 75, MaxBytes: 16 << 10})
	large, errLarge := picture.NewEncoder(picture.EncoderOptions{MaxSide: 480, Quality: 90, Bare: true})
	p, err := picture.New(e.upright)
	if err := errors.Join(errSmall, errLarge, err); err != nil {
		return nil, err
	}
	var f capture.Frame
	return func(data []byte, draw func(draw.Image)) ([]byte, error) {
		if err := still.Decode(bytes.NewReader(data), &f); err != nil {
			return nil, err
		}
		p.Set(&f)
		if draw == nil {
			return small.Encode(p)
		}
		plain, err := large.Encode(p)
		if err != nil {
			return nil, err
		}
		return drawnOn(plain, draw)
	}, nil
}

// drawnOn is a JPEG that something is drawn on. It is copied pixel by pixel: draw.Draw, which knows every kind of image, would bring 45 kB
// into the program for this alone.
func drawnOn(plain []byte, with func(draw.Image)) ([]byte, error) {
	m, err := jpeg.Decode(bytes.NewReader(plain))
	if err != nil {
		return nil, err
	}
	img := image.NewRGBA(m.Bounds())
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			img.Set(x, y, m.At(x, y))
		}
	}
	with(img)
	const quality = 80
	var out bytes.Buffer
	err = jpeg.Encode(&out, img, &jpeg.Options{Quality: quality})
	return out.Bytes(), err
}

// reportFile is a file that keeps what it had until there is something new for it.
type reportFile struct {
	*os.File
	written bool
}

// openReport opens the file at path, so that one that cannot be written is known at once; without a path there is none.
func openReport(path string) (*reportFile, error) {
	if path == "" {
		return &reportFile{}, nil
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o666)
	return &reportFile{File: f}, err
}

// write has something write what the file shall have.
func (f *reportFile) write(content func(w io.Writer) error) error {
	f.written = true
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		if err := f.Truncate(0); err != nil {
			return err
		}
	}
	return content(f)
}

// Close closes the file. One that was made and got nothing is taken away again.
func (f *reportFile) Close() error {
	if f.File == nil {
		return nil
	}
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() && info.Size() == 0 && !f.written {
		return errors.Join(f.File.Close(), os.Remove(f.Name()))
	}
	return f.File.Close()
}
