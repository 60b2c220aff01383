package task

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/model"
)

// Reading is how the outputs of a model are read.
type Reading struct {
	Kind   Kind
	Scores Scores // of Classify: Softmax, Sigmoid or Raw
	Why    string // how Scores was found out: a word for people; empty if it was asked for

	// Probabilities tells whether the model itself ends in them.
	Probabilities bool

	// Outputs are the numbers of the outputs that are read: of Detect without a decoder the boxes, classes, scores and their count,
	// which may be missing (-1); the first alone of other kinds. A decoder finds them by their shapes.
	Outputs [4]int
	Decoder string      // of Detect: BlazeFace or YOLO; empty: the model ends in model.DetectionOperator
	Anchors [][]float64 // for a decoder, as the config has them
	Width   int         // of the model's input, in pixels
	Height  int

	// Classes is how many classes there are, 0 if nobody knows. Background tells whether class 0 of Segment is what belongs to none.
	Classes    int
	Background bool
}

// Want is what a configuration says about the outputs of a model. The zero value has all found out.
type Want struct {
	Kind       Kind // AutoKind or empty: what the outputs look like
	Scores     Scores
	Decoder    string
	Anchors    [][]float64
	Labels     int  // how many labels there are; 0: none
	Background bool // the labels leave class 0 out
}

// Find says what the outputs of m, as its engine describes them, mean, and checks what w says of that. The error of a model that fits no
// task lists its outputs and the tasks that were tried; it wraps model.ErrUnsupported. With Raw any list of numbers will do as
// classes. Outputs whose shapes are only known to an engine may be those of the file.
func Find(m *model.Model, outputs []infer.TensorSpec, w Want) (Reading, error) {
	f := &finder{m: m, outputs: outputs, want: w}
	f.reading = Reading{Outputs: [4]int{-1, -1, -1, -1}, Decoder: w.Decoder, Anchors: w.Anchors}
	if len(m.Inputs) > 0 {
		if s := m.Tensors[m.Inputs[0]].Shape; len(s) == 4 {
			f.reading.Height, f.reading.Width = s[1], s[2]
		}
	}
	if len(outputs) == 0 {
		return Reading{}, fmt.Errorf("task: the model has no output with scores, or with anything: %w", model.ErrUnsupported)
	}
	f.last, f.reading.Probabilities = lastWord(m, outputs[0])
	kind, err := f.kind()
	if err != nil {
		return Reading{}, err
	}
	f.reading.Kind = kind
	return f.reading, nil
}

// finder finds out what outputs mean. What reads them is set in reading by the kind that fits.
type finder struct {
	m       *model.Model
	outputs []infer.TensorSpec
	want    Want
	last    string // operator of the first output
	reading Reading
}

// fits says why a kind does not fit the outputs; nil: it does. byWish tells that the configuration names it.
type fits func(byWish bool) error

func (f *finder) fits(k Kind) fits {
	switch k {
	case Detect:
		return f.detect
	case Segment:
		return f.segment
	case Pose:
		return f.pose
	case Embed:
		return f.embed
	case Classify:
		return f.classify
	}
	return func(bool) error { return fmt.Errorf("there is no such task (want one of %v)", Kinds()) }
}

// kind is the kind that is asked for, or else the first that fits.
func (f *finder) kind() (Kind, error) {
	k := f.want.Kind
	switch {
	case f.want.Decoder != "" && (k == "" || k == AutoKind):
		k = Detect
	case f.want.Decoder != "" && k != Detect:
		return "", fmt.Errorf("task: decoder %s is for %s, not for %s", f.want.Decoder, Detect, k)
	case len(f.want.Anchors) > 0 && f.want.Decoder == "":
		return "", fmt.Errorf("task: anchors are for a decoder: name it, with decoder: one of %v", Decoders())
	}
	if k != "" && k != AutoKind {
		if err := f.fits(k)(true); err != nil {
			return "", fmt.Errorf("task: it is no model for %s: %w: its outputs: %s: %w", k, err, describe(f.outputs), model.ErrUnsupported)
		}
		return k, nil
	}
	if f.want.Scores == Raw && !f.postProcessed() && f.classify(false) == nil {
		return Classify, nil
	}
	var tried []string
	features := false
	for _, k := range []Kind{Detect, Segment, Pose, Embed, Classify} {
		err := f.fits(k)(false)
		if err == nil {
			return k, nil
		}
		tried = append(tried, fmt.Sprintf("%s (%v)", k, err))
		features = errors.Is(err, ErrFeatures)
		if features || k == Detect && f.postProcessed() {
			break
		}
	}
	return "", unfit{fmt.Errorf("task: the model fits no task: its outputs: %s; tried: %s%s: %w", describe(f.outputs), strings.Join(tried, ", "), f.hint(), model.ErrUnsupported), features}
}

// unfit is the error of a model that fits no task; ErrFeatures too, if that is why.
type unfit struct {
	error
	features bool
}

func (u unfit) Is(target error) bool { return u.features && target == ErrFeatures }
func (u unfit) Unwrap() error        { return u.error }

// hint says what to set so that a model that fits no task may fit one.
func (f *finder) hint() string {
	r := Reading{Width: f.reading.Width, Height: f.reading.Height}
	if _, err := newBlazeFace(f.outputs, lister{}, &r); err == nil {
		return "; it looks like a detector of MediaPipe's: say decoder: blazeface"
	}
	if _, err := newYOLOBoxes(f.outputs, lister{}); err == nil || areGrids(f.outputs) {
		return "; it looks like a YOLO: say decoder: yolo, with anchors if its outputs are grids"
	}
	if len(f.outputs) == 1 {
		if _, _, channels, ok := plane(f.outputs[0]); ok && channels > 0 {
			return "; if these are classes of pixels, say task: segment, or name its labels"
		}
	}
	return ""
}

// describe lists outputs for people.
func describe(outputs []infer.TensorSpec) string {
	const most = 12
	var list []string
	for _, s := range outputs[:min(len(outputs), most)] {
		list = append(list, s.String())
	}
	if more := len(outputs) - most; more > 0 {
		list = append(list, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(list, ", ")
}

// postProcessed tells whether the model has a DetectionOperator.
func (f *finder) postProcessed() bool { return f.postProcess() != nil }

func (f *finder) postProcess() *model.Operator {
	i := slices.IndexFunc(f.m.Operators, func(o model.Operator) bool { return o.Custom == model.DetectionOperator })
	if i < 0 {
		return nil
	}
	return &f.m.Operators[i]
}

// detect fits a model that ends in a DetectionOperator, or that a decoder reads.
func (f *finder) detect(bool) error {
	if f.want.Decoder != "" {
		_, err := newDetector(f.outputs, lister{}, &f.reading)
		return err
	}
	o := f.postProcess()
	if o == nil {
		return fmt.Errorf("no %s, and no decoder is named", model.DetectionOperator)
	}
	e := newEnds(f.m)
	for i, t := range f.m.Outputs {
		tensor, maker := e.origin(t)
		if place := slices.Index(o.Outputs, tensor); maker == o && place >= 0 && place < boxParts && i < len(f.outputs) && f.reading.Outputs[place] < 0 {
			f.reading.Outputs[place] = i
		}
	}
	for place, name := range []string{"boxes", "classes", "scores"} {
		if f.reading.Outputs[place] < 0 {
			return fmt.Errorf("the model finds objects, but the %s of %s are no output", name, model.DetectionOperator)
		}
	}
	options, err := o.Detection()
	if err != nil {
		return err
	}
	f.reading.Classes = options.Classes
	return nil
}

// segment fits a model whose one output has a class for each pixel, or a score for each label.
func (f *finder) segment(byWish bool) error {
	if len(f.outputs) != 1 {
		return fmt.Errorf("%d outputs, not one", len(f.outputs))
	}
	s := f.outputs[0]
	height, width, channels, ok := plane(s)
	if !ok || height*width <= 1 || min(height, width) <= 1 && !byWish {
		return fmt.Errorf("%v has no class for each pixel", s)
	}
	classes := channels
	switch channels {
	case 0:
		classes = f.argMaxClasses()
	case 1:
		classes = 2
	}
	labelled := f.want.Labels > 0 && (f.want.Labels == channels || f.want.Labels+1 == channels && f.want.Background)
	named := channels == 0 && (s.Type != infer.Uint8 || f.last == "ARG_MAX" || s.Scale == 0)
	if !byWish && !labelled && !named {
		return fmt.Errorf("%v has no class for each pixel, and not as many channels as there are labels", s)
	}
	if classes > Void {
		return fmt.Errorf("%d classes are more than %d", classes, Void)
	}
	f.reading.Outputs[0], f.reading.Classes, f.reading.Background = 0, classes, f.want.Background
	return nil
}

// argMaxClasses is how many classes the ARG_MAX that made the first output chose from; 0: nobody knows.
func (f *finder) argMaxClasses() int {
	if len(f.m.Outputs) == 0 {
		return 0
	}
	_, o := newEnds(f.m).origin(f.m.Outputs[0])
	if o == nil || o.Op.String() != "ARG_MAX" || len(o.Inputs) == 0 || o.Inputs[0] < 0 {
		return 0
	}
	shape := f.m.Tensors[o.Inputs[0]].Shape
	if len(shape) != 4 {
		return 0
	}
	return shape[3]
}

// pose fits a model that gives the keypoints of people.
func (f *finder) pose(bool) error {
	if len(f.outputs) != 1 || posture(f.outputs[0]) == 0 {
		return fmt.Errorf("no output [1 1 %d 3]", Keypoints)
	}
	f.reading.Outputs[0] = 0
	return nil
}

// ErrFeatures says that a model gives an embedding, and that nobody has said what to do with it.
var ErrFeatures = errors.New("the model ends in L2_NORMALIZATION: its numbers are features, not scores of classes " +
	"(say task: embed, or task: classify if they are scores all the same)")

// embed fits a model that gives features, if the configuration says so.
func (f *finder) embed(byWish bool) error {
	i := slices.IndexFunc(f.outputs, isEmbedding)
	switch {
	case byWish && i >= 0:
		f.reading.Outputs[0] = i
		return nil
	case byWish:
		return errors.New("it has no list of features")
	case f.last == "L2_NORMALIZATION" && (f.want.Scores == "" || f.want.Scores == Auto):
		return ErrFeatures
	}
	return errors.New("nobody asked for it")
}
