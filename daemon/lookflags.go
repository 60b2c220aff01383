package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/daemon/pipeline"
	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/daemon/wiring"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/preprocess"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/text"
)

// lookFlags are the flags for the way of a picture to its answer: those of a model's and of a camera's section of the
// config, and the config itself, which they are laid over.
type lookFlags struct {
	config, camera string

	labels     string
	background bool
	threads    int
	mean, std  []float32
	scores     string
	task       string
	decoder    string
	anchors    string
	rotate     int
	flip       string
	region     []float64
	fit        string
	fastDecode string
	threshold  float64
	people     string
	distance   float64

	cmd *cobra.Command
}

// The flags that the commands themselves have beside them: classify one of each, evaluate any number.
const (
	modelFlag  = "model"
	engineFlag = "engine"
)

// add makes the flags those of a command.
func (o *lookFlags) add(cmd *cobra.Command) {
	o.cmd = cmd
	f := cmd.Flags()
	f.StringVarP(&o.config, "config", "c", "", "config file: the settings are those of a camera of it, but for other flags")
	f.StringVar(&o.camera, "camera", "", "camera of the config file (default: the only one)")
	f.StringVarP(&o.labels, "labels", "l", "", "file with a label on each line (default: those that belong to the model, if any)")
	f.BoolVar(&o.background, "background", false, "the model's class 0 is a background that the labels leave out")
	f.IntVarP(&o.threads, "threads", "t", 0, "threads, 0 for one per CPU")
	f.Float32SliceVar(&o.mean, "mean", nil, "the input is (pixel - mean) / std: one number, or three: 123.7,116.8,103.9")
	f.Float32SliceVar(&o.std, "std", nil, "the divisor that goes with mean")
	f.StringVar(&o.scores, "scores", string(task.Auto), "what the model's numbers become: auto, softmax, sigmoid or raw")
	addReading(cmd, &o.task, &o.decoder, &o.anchors)
	f.StringVar(&o.people, "people", "", "whom a model with task embed is to recognize: a name of 'inceptiond teach', of the config file")
	f.Float64Var(&o.distance, "max-distance", 0.35, "up to which one of --people is recognized, or two pictures are said to show one person")
	f.IntVar(&o.rotate, "rotate", 0, "degrees clockwise that turn the picture upright: 0, 90, 180 or 270")
	f.StringVar(&o.flip, "flip", "none", "none, horizontal, vertical or both, after rotate")
	f.Float64SliceVar(&o.region, "region", []float64{0, 0, 1, 1}, "what the model sees of the upright picture: x,y,width,height, as fractions")
	f.StringVar(&o.fit, "fit", "stretch", "stretch, crop or letterbox")
	f.StringVar(&o.fastDecode, "fast-decode", "auto", "decode JPEGs at a reduced size: true, false or auto")
	f.Lookup("fast-decode").NoOptDefVal = "true"
}

// lookSettings are the flags as the parts of a camera take them.
type lookSettings struct {
	look    pipeline.LookOptions // but for Model, Objects, Then and, without a config, TopK
	upright picture.Options
	model   engines.Options
	least   float64 // score of objects and postures that the camera tells

	objects *plan.Objects   // as the config lists them; nil: it says nothing
	then    *plan.Then      // the config's second model; nil: there is none
	second  engines.Options // of that
}

// settings reads the flags, over a camera of the config if there is one. The error is a usageError, or about the config.
func (o *lookFlags) settings() (s lookSettings, err error) {
	configured := o.config != "" || o.camera != ""
	s.least = usualThreshold
	if configured {
		if s, err = o.ofCamera(); err != nil {
			return s, err
		}
	}
	given := func(flag string) bool { return !configured || o.cmd.Flags().Changed(flag) }
	if given(modelFlag) { // what the config says of its own model does not hold for another
		s.objects, s.then = nil, nil
		s.model = engines.Options{Deadline: s.model.Deadline, Engine: s.model.Engine, XNNPACK: s.model.XNNPACK, Threads: s.model.Threads, Memory: s.model.Memory}
	}
	if o.cmd.Flags().Changed("threads") {
		s.second.Threads = o.threads
	}
	if err := errors.Join(o.overModel(&s.model, given), o.overPicture(&s, given)); err != nil {
		return s, usageError{err}
	}
	return s, nil
}

// overModel lays the flags about the model over m.
func (o *lookFlags) overModel(m *engines.Options, given func(string) bool) error {
	if given("labels") {
		m.Labels = o.labels
	}
	if given("background") {
		m.Background = o.background
	}
	if given("threads") {
		m.Threads = o.threads
	}
	if given("scores") {
		m.Scores = task.Scores(o.scores)
	}
	if given("mean") || given("std") {
		m.Mean, m.Std = o.mean, o.std
	}
	if given("task") {
		m.Task = o.task
	}
	if given("decoder") || given("anchors") {
		m.Decoder, m.Anchors = o.decoder, nil
	}
	errReading := checkReading(m, o.anchors)
	m.Fallback = false // whose answers they are shall be known
	_, errScores := task.ParseScores(o.scores)
	err := errors.Join(errScores, errReading)
	if (len(m.Mean) == 0) != (len(m.Std) == 0) {
		err = errors.Join(err, errors.New("--mean and --std belong together: give both or neither"))
	}
	if o.threads < 0 || o.threads > 64 {
		err = errors.Join(err, fmt.Errorf("--threads %d: want 0 to 64", o.threads))
	}
	return err
}

// overPicture lays the flags about the picture over s.
func (o *lookFlags) overPicture(s *lookSettings, given func(string) bool) error {
	fit, errFit := preprocess.ParseFit(o.fit)
	flip, errFlip := picture.ParseFlip(o.flip)
	fast, errFast := preprocess.ParseFastDecode(o.fastDecode)
	region, errRegion := o.parseRegion()
	if err := errors.Join(errFit, errFlip, errFast, errRegion); err != nil {
		return err
	}
	if given("fit") {
		s.look.Preprocess.Fit = fit
	}
	if given("region") {
		s.look.Preprocess.Region = region
	}
	if given("fast-decode") {
		s.look.Preprocess.FastDecode = fast
	}
	if given("rotate") {
		s.upright.Rotate = o.rotate
	}
	if given("flip") {
		s.upright.Flip = flip
	}
	if given("threshold") {
		s.look.Threshold = o.threshold
	}
	if !(o.threshold >= 0 && o.threshold <= 1) {
		return fmt.Errorf("--threshold %v: want 0 to 1", o.threshold)
	}
	_, err := picture.New(s.upright)
	return err
}

// parseRegion reads --region.
func (o *lookFlags) parseRegion() (r preprocess.Region, err error) {
	if len(o.region) != 4 {
		return r, fmt.Errorf("--region has %s (want x,y,width,height, as fractions of the picture: 0.5,0,0.5,1 is its right half)",
			text.Plural(len(o.region), "number"))
	}
	r = preprocess.Region{X: o.region[0], Y: o.region[1], Width: o.region[2], Height: o.region[3]}
	if err := r.Validate(); err != nil || r == (preprocess.Region{}) {
		return r, errors.Join(err, fmt.Errorf("--region %v: want x,y,width,height inside the picture", o.region))
	}
	return r, nil
}

// ofCamera are the settings of a camera of the config.
func (o *lookFlags) ofCamera() (s lookSettings, err error) {
	file := cmp.Or(o.config, usualConfig())
	p, err := wiring.LoadPlan(file, wiring.Flags{})
	if err != nil {
		return s, err
	}
	name, names := o.camera, slices.Sorted(maps.Keys(p.Cameras))
	if name == "" && len(names) == 1 {
		name = names[0]
	}
	c, there := p.Cameras[name]
	if !there {
		return s, usageError{fmt.Errorf("--camera %q: %s has %s: %s", name, cmp.Or(file, "the config without a file"),
			text.Plural(len(names), "camera"), strings.Join(names, ", "))}
	}
	s.look = pipeline.LookOptions{TopK: c.TopK, Threshold: c.Threshold, Preprocess: c.Preprocess, Embedding: c.Embedding}
	s.upright, s.model, s.least = c.Picture, p.Models[c.Model], c.Objects.Threshold
	s.model.Explain = false
	s.objects = &c.Objects
	if s.then = c.Then; s.then != nil {
		s.second = p.Models[s.then.Model]
		s.second.Explain, s.second.Fallback = false, false
	}
	if c.View != "" {
		s.upright = p.Cameras[c.View].Picture
	}
	return s, nil
}

// with are the options of one model and one engine, as the flags of these names have them. They are laid over m, the
// config's, where they are given. The error is about the config, which says where taught models are.
func (o *lookFlags) with(m engines.Options, file, engine string) (engines.Options, error) {
	if m.File == "" || o.cmd.Flags().Changed(modelFlag) {
		m.File = file
		if name, taught := strings.CutPrefix(file, engines.TaughtPrefix); taught {
			if err := o.taught(&m, name); err != nil {
				return m, err
			}
		}
	}
	if err := o.known(&m); err != nil {
		return m, err
	}
	if m.Engine == "" || o.cmd.Flags().Changed(engineFlag) {
		m.Engine, m.XNNPACK = engine, false
		if engine != engines.Auto && engine != engines.EdgeTPU {
			m.TPU = nil
		}
	}
	if m.Labels == "" && m.File == engines.Demo {
		m.Labels = engines.Demo
	}
	return m, nil
}

// known has m know the people of a name, if one is given, and up to the distance that is given.
func (o *lookFlags) known(m *engines.Options) (err error) {
	given := o.cmd.Flags().Changed
	if given("people") {
		if m.People, err = wiring.People(cmp.Or(o.config, usualConfig()), o.people); err != nil {
			return err
		}
		m.Task = cmp.Or(strings.TrimPrefix(m.Task, string(task.AutoKind)), string(task.Embed))
	}
	if m.People != "" && (given("max-distance") || m.MaxDistance == 0) {
		m.MaxDistance = o.distance
	}
	if !(o.distance > 0 && o.distance < 2) {
		return usageError{fmt.Errorf("--max-distance %v: want more than 0, and less than 2", o.distance)}
	}
	return nil
}

// taught makes m what was taught here under a name.
func (o *lookFlags) taught(m *engines.Options, name string) error {
	t, err := wiring.Taught(cmp.Or(o.config, usualConfig()), name)
	if err == nil {
		m.File, m.Taught, m.Unknown = t.File, t.Taught, t.Unknown
	}
	return err
}
