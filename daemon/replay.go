package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/daemon/bundle"
	"github.com/inceptiond/inceptiond/daemon/pipeline"
	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/daemon/replay"
	"github.com/inceptiond/inceptiond/daemon/wiring"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/internal/text"
)

// replayOptions are the flags of `inceptiond replay`.
type replayOptions struct {
	models   []string
	folder   string
	teach    string
	engine   string
	cameras  []string
	config   string
	pictures string
	json     bool
}

func replayCommand(std streams) *cobra.Command {
	var o replayOptions
	cmd := &cobra.Command{
		Use:   "replay BUNDLE",
		Short: "show the frames of a bundle to its config again, and say what differs",
		Long: "Shows the frames that a bundle has (`inceptiond bundle --frames`) to the cameras of its config once more, as they were\n" +
			"when it was made: at the times of the frames, and with what was decided before them. Tensors, outputs, decisions and\n" +
			"messages must be the same; where they are not, it says at which frame and at which stage that begins. Nothing is\n" +
			"published. A bundle has no models: a file that is not where the bundle's config says, or is another, is to be given.\n" +
			"With -c the frames are shown to another config, too, and what that changes is told.\n" +
			text.Doc("bundle.md") + " has more. The exit code is 0 if all is the same, 1 if not, and 2 if there is nothing to compare;\n" +
			"78 if the file of -c is wrong, or what it names is not there.",
		Example: "  inceptiond replay inceptiond-gate-20261129T104447Z.tar\n" +
			"  inceptiond replay bundle.tar --models /srv/models --camera gate --pictures seen\n" +
			"  inceptiond replay bundle.tar -c try.yaml",
		Args: arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := o.replaying(args[0])
			if err == nil {
				err = r.run(cmd.Context(), std)
			}
			if err != nil && !errors.Is(err, errDiffers) && !errors.Is(err, errChanges) {
				return usageError{err} // so that scripts can tell it from a difference, as with diff(1)
			}
			return err
		},
	}
	f := cmd.Flags()
	f.StringArrayVarP(&o.models, modelFlag, "m", nil, "model file, known by its hash; may be given several times. Another one is tried in place of the one missing")
	f.StringVar(&o.folder, "models", "", "folder with model files, which are known by their hashes")
	f.StringVar(&o.teach, "teach", "", "folder of what was taught on the machine of the bundle (a copy of its teach.folder)")
	f.StringVarP(&o.engine, engineFlag, "e", "", "engine of all models in place of the config's: auto, cpu, tflite or edgetpu")
	f.StringSliceVar(&o.cameras, "camera", nil, "cameras whose frames are shown (default: all that have any)")
	f.StringVarP(&o.config, "config", "c", "", "config file that is tried with the same frames")
	f.StringVar(&o.pictures, "pictures", "", "write what the models saw to this folder, as PNGs")
	f.BoolVar(&o.json, "json", false, "print JSON ("+text.Doc("bundle.md")+")")
	return cmd
}

// replaying is a bundle that is being replayed.
type replaying struct {
	replayOptions
	bundle   *bundle.Bundle
	recorded *replay.Take
	config   *config.Config    // of the bundle
	other    *config.Config    // that is tried; nil: none is
	written  [2]*config.Config // the same, with paths as they are written
}

// replaying reads the bundle and the configs.
func (o replayOptions) replaying(path string) (*replaying, error) {
	b, err := bundle.Open(path)
	if err != nil {
		return nil, err
	}
	r := &replaying{replayOptions: o, bundle: b}
	if r.recorded, err = replay.Recorded(b); err != nil {
		return nil, err
	}
	data, there := b.File(bundle.ConfigName)
	if !there {
		return nil, fmt.Errorf("%w: the bundle has no %s", replay.ErrNothing, bundle.ConfigName)
	}
	teach, err := o.taught(b.Manifest.Teach)
	if err != nil {
		return nil, err
	}
	if r.config, err = wiring.Bundled(data, b.Manifest.Device, teach); err != nil {
		return nil, fmt.Errorf("the bundle's config: %w", err)
	}
	r.written[0] = config.Sketch(data)
	if o.config == "" {
		return r, nil
	}
	if r.other, err = wiring.Load(o.config, wiring.Flags{}); err != nil {
		return nil, configError{err}
	}
	tried, err := os.ReadFile(o.config)
	if err != nil {
		return nil, configError{err}
	}
	r.written[1] = config.Sketch(tried)
	return r, nil
}

// files are those of models, as both configs have them.
func (r *replaying) files() (files [2]map[string]replay.Written) {
	for i, c := range r.written {
		if c == nil {
			continue
		}
		files[i] = map[string]replay.Written{}
		for name, m := range c.Models {
			files[i][name] = replay.Written{File: m.File, Labels: m.Labels}
		}
	}
	return files
}

// taught is the folder of what was taught on the machine of the bundle: where it was, if nobody says where it is now.
func (o *replayOptions) taught(there string) (string, error) {
	if o.teach == "" {
		return there, nil
	}
	info, err := os.Stat(o.teach)
	if err == nil && !info.IsDir() {
		err = errors.New("want a folder")
	}
	if err != nil {
		return "", fmt.Errorf("--teach %s: %w", o.teach, err)
	}
	return o.teach, nil
}

// errDiffers is about a replay that is not the same: the report says where.
var errDiffers = errors.New("the replay differs from what was recorded")

// errChanges is about a config that makes something else of the frames.
var errChanges = errors.New("the config that was tried makes something else of the frames")

// run replays the bundle, with the other config too if there is one, and prints what came of it.
func (r *replaying) run(ctx context.Context, std streams) error {
	room, err := os.MkdirTemp("", "inceptiond-replay-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(room)
	m := &r.bundle.Manifest
	out := &replay.Outcome{
		Device: m.Device, Created: m.Created.UTC(), Bundle: replay.Machine{Version: m.Version, OS: m.OS, Arch: m.Arch, Kernels: m.Kernels},
	}
	if out.Here, err = thisMachine(); err != nil {
		return err
	}
	as, inputs, err := r.take(ctx, r.config, room, "")
	if err != nil {
		return err
	}
	out.Inputs = inputs
	out.Report = replay.Compare(r.recorded, as)
	if r.other != nil {
		tried, inputs, err := r.take(ctx, r.other, room, "-tried")
		if ctx.Err() != nil {
			return err
		}
		if err != nil {
			return configError{fmt.Errorf("%s: %w", r.replayOptions.config, err)} // as the bundle's config did
		}
		out.Tried = &replay.Tried{File: r.replayOptions.config, Settings: r.settings(tried), Inputs: inputs, Report: replay.Compare(as, tried)}
	}
	if r.json {
		err = out.JSON(std.out)
	} else {
		err = out.Text(std.out)
	}
	switch {
	case err != nil:
		return err
	case !out.Same:
		return errDiffers
	case !out.AllSame():
		return errChanges
	}
	return nil
}

// thisMachine is what the replay is made by.
func thisMachine() (replay.Machine, error) {
	kernels, err := cpu.Kernels()
	return replay.Machine{Version: versionString(), OS: runtime.GOOS, Arch: runtime.GOARCH, Kernels: kernels.Name}, err
}

// settings are those in which the configs differ.
func (r *replaying) settings(tried *replay.Take) []replay.Setting {
	var cameras, models []string
	for _, c := range tried.Cameras {
		cameras = append(cameras, c.Name)
		models = append(models, c.Model)
		if c.Then != "" {
			models = append(models, c.Then)
		}
		if is := r.config.Cameras[c.Name]; !slices.Contains(models, is.Model) {
			models = append(models, is.Model)
		}
	}
	return replay.Settings(r.written[0].Values(), r.written[1].Values(), cameras, models)
}

// take shows the frames to the cameras of a config, and returns what came of that, and what models of float32 were given. What models saw is
// written beside, with a mark, if it is wanted.
func (r *replaying) take(ctx context.Context, c *config.Config, room, mark string) (*replay.Take, []replay.Input, error) {
	p, err := wiring.Plan(c)
	if err != nil {
		return nil, nil, err
	}
	o := replay.Options{Cameras: r.cameras, Other: c == r.other, Fused: r.fused(), Log: zap.NewNop()}
	names, err := o.Choose(r.bundle, p)
	if err != nil {
		return nil, nil, err
	}
	find := replay.Finder{Files: r.models, Folder: r.folder, Engine: r.engine, Other: c == r.other, Room: room, Written: r.files()}
	if err := find.Find(p, r.bundle, names); err != nil {
		return nil, nil, err
	}
	seen, err := r.sights(mark)
	if err != nil {
		return nil, nil, err
	}
	o.See = seen.see
	t, err := replay.Run(ctx, r.bundle, p, o)
	if err != nil {
		if slices.ContainsFunc(names, func(camera string) bool { return r.lite(p, camera) }) {
			err = fmt.Errorf("%w (or have our own engine answer: --engine cpu)", err)
		}
		return nil, nil, err
	}
	return t, seen.inputs(t), nil
}

// lite tells whether TensorFlow Lite is to run a model of a camera.
func (r *replaying) lite(p *plan.Plan, camera string) bool {
	c := p.Cameras[camera]
	return slices.ContainsFunc(c.Models(), func(model string) bool {
		engine := p.Models[model].Engine
		return engine != engines.CPU && engine != engines.Auto
	})
}

// fused tells of which kind the kernels were that float32 was recorded with; nil: they are those that were taken, as somebody says so.
func (r *replaying) fused() *bool {
	kernels, err := cpu.Kernels()
	if err != nil || kernels.Forced || r.bundle.Manifest.Kernels == "" {
		return nil
	}
	return &r.bundle.Manifest.Fused
}

// sights is what the models of a take are given.
type sights struct {
	pictures *replay.Pictures // nil: none are wanted
	ranges   map[string]*replay.Input
}

func (r *replaying) sights(mark string) (*sights, error) {
	s := &sights{ranges: map[string]*replay.Input{}}
	if r.pictures == "" {
		return s, nil
	}
	s.pictures = &replay.Pictures{Folder: r.pictures, Mark: mark}
	return s, os.MkdirAll(r.pictures, 0o755)
}

// see takes what a camera's model was given of a frame.
func (s *sights) see(camera string, frame int, p *picture.Picture, sees func() (*pipeline.Sight, error)) error {
	sight, err := sees()
	if err != nil {
		return err
	}
	is := s.ranges[camera]
	if is == nil {
		is = &replay.Input{Camera: camera, Least: math.MaxFloat32, Most: -math.MaxFloat32}
		s.ranges[camera] = is
	}
	is.Add(sight)
	if s.pictures == nil {
		return nil
	}
	return s.pictures.Write(camera, frame, p, sight)
}

// inputs are what the cameras of a take were given, if it is float32: bytes are what the pixels are.
func (s *sights) inputs(t *replay.Take) []replay.Input {
	list := []replay.Input{}
	for _, c := range t.Cameras {
		m := t.Models[c.Model]
		is, seen := s.ranges[c.Name]
		if !seen || m.Input.Type != infer.Float32 {
			continue
		}
		is.Tensor = fmt.Sprint(m.Input)
		list = append(list, *is)
	}
	return list
}
