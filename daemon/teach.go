package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/daemon/doctor"
	"github.com/inceptiond/inceptiond/daemon/teach"
	"github.com/inceptiond/inceptiond/daemon/wiring"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/learn/store"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/proc"
	"github.com/inceptiond/inceptiond/internal/text"
	"github.com/inceptiond/inceptiond/systemd"
)

// teaching is what all commands of `inceptiond teach` share.
type teaching struct {
	std    streams
	file   string // the config file
	folder string // of what is taught, instead of the config's
	json   bool

	threads int // that learn; 0: one per CPU

	config *config.Config
	*teach.Teacher
}

// serveTraining is the hidden command that trains in a child process.
const serveTraining = "serve-training"

func teachCommand(std streams) *cobra.Command {
	t := &teaching{std: std}
	cmd := &cobra.Command{
		Use:   "teach",
		Short: "teach a model new classes with a few pictures",
		Long: "Teaches the network that a camera uses to tell apart what you show it, with a few pictures of each class: on this\n" +
			"machine, and nothing leaves it. What is taught has a name; a camera uses it as the model file taught:NAME\n" +
			"(" + text.Doc("learning.md") + ").",
		Example: "  inceptiond teach new gate --camera drive\n  inceptiond teach add gate open pictures/open/*.jpg\n" +
			"  inceptiond teach add gate shut --camera drive --count 10\n  inceptiond teach train gate",
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if !cmd.Flags().Changed("config") {
				t.file = usualConfig()
			}
			if cmd.Name() == "teach" {
				return nil
			}
			return t.open()
		},
	}
	f := cmd.PersistentFlags()
	f.StringVarP(&t.file, "config", "c", "", "config file (default: "+doctor.InstalledConfig+" if there is one, else what run would take)")
	f.StringVar(&t.folder, "folder", "", "of what is taught, for the daemon's own use: no config file is read")
	f.Lookup("folder").Hidden = true
	f.BoolVar(&t.json, "json", false, "print JSON")
	cmd.AddCommand(teachNewCommand(t), teachAddCommand(t), teachNormalCommand(t), teachTrainCommand(t), teachTestCommand(t), teachListCommand(t),
		teachUseCommand(t), teachRollbackCommand(t), teachForgetCommand(t), teachExportCommand(t), teachImportCommand(t),
		teachExtractorCommand(t), teachServeCommand(t))
	return cmd
}

// open opens the store of the config file.
func (t *teaching) open() (err error) {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	o := teach.Options{Folder: t.folder, Program: versionString(), Threads: t.threads}
	if t.folder == "" && len(proc.Running("/proc", "inceptiond")) > 0 {
		o.Threads = teach.Beside()
	}
	if t.folder == "" {
		if o.Folder, o.Limits, err = t.configured(); err != nil {
			return err
		}
	}
	o.Child = []string{program, "teach", serveTraining, "--folder", o.Folder}
	t.Teacher = teach.New(o)
	return t.Check()
}

// configured reads the config file: where its daemon has what is taught, and within which limits.
func (t *teaching) configured() (folder string, l store.Limits, err error) {
	if t.config, err = wiring.Load(t.file, wiring.Flags{}); err != nil {
		return "", l, err
	}
	p, _ := wiring.Plan(t.config) // cameras that cannot be used do not matter
	folder, l = p.Teach.Folder, store.Limits{MaxPictures: p.Teach.MaxPictures, MaxBytes: p.Teach.MaxBytes}
	if t.installed() && t.config.Teach.Folder == "" {
		folder = filepath.Join(doctor.InstalledState, "teach")
	}
	return folder, l, nil
}

// installed tells whether the config file is that of the installed service, and we are not the service.
func (t *teaching) installed() bool {
	return t.file == doctor.InstalledConfig && systemd.StateDirectory() == ""
}

// name finds a name, and says which there are if there is none.
func (t *teaching) name(name string) (*store.Name, error) {
	n, err := t.Name(name)
	if !errors.Is(err, store.ErrNone) {
		return n, err
	}
	names, listErr := t.Names()
	hint := fmt.Sprintf("`inceptiond teach new %s` makes it", name)
	if len(names) > 0 {
		hint = "there is " + strings.Join(names, ", ")
	}
	return nil, errors.Join(fmt.Errorf("teach: nothing is called %q: %s", name, hint), listErr)
}

// print prints JSON, or what text writes.
func (t *teaching) print(v any, text func(w io.Writer)) error {
	if t.json {
		return json.NewEncoder(t.std.out).Encode(v)
	}
	w := bufio.NewWriter(t.std.out)
	text(w)
	return w.Flush()
}

func teachNewCommand(t *teaching) *cobra.Command {
	base, camera, people := "", "", false
	cmd := &cobra.Command{
		Use:   "new NAME",
		Short: "begin to teach something",
		Long: "Makes a name, of a-z, 0-9, - and _. It builds on the network of a camera, and looks at what that camera's model looks\n" +
			"at; or on another model of the config file, or a model file, pull:NAME or builtin:demo, which looks at whole pictures. The\n" +
			"network should know many kinds of things: one for birds alone is a bad base for gates. On a model with task: embed, which\n" +
			"gives embeddings of faces, the name is one of people, a class for each (" + text.Doc("people.md") + ").",
		Example: "  inceptiond teach new gate --camera drive\n  inceptiond teach new gate --base pull:inception_v1_224_quant\n" +
			"  inceptiond teach new family --base faces",
		Args: arguments(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := store.CheckName(args[0]); err != nil {
				return usageError{err}
			}
			b, err := t.base(base, camera, people)
			if err != nil {
				return err
			}
			if _, err := t.New(args[0], b); err != nil {
				return err
			}
			return t.print(newReport{1, args[0], kindOf(b), b.Name, b.SHA256}, func(w io.Writer) {
				if b.Kind == store.People {
					fmt.Fprintf(w, "%s is to have people, known by %s. Next: inceptiond teach add %s PERSON PICTURE…, cut to the face\n", args[0], b.Name, args[0])
					return
				}
				fmt.Fprintf(w, "%s is to be taught on %s. Next: inceptiond teach add %s CLASS PICTURE…\n", args[0], b.Name, args[0])
			})
		},
	}
	cmd.Flags().StringVar(&base, "base", "", "what it builds on: a model of the config file, a model file, pull:NAME or builtin:demo")
	cmd.Flags().StringVar(&camera, "camera", "", "the camera that it is for (default: the only one)")
	cmd.Flags().BoolVar(&people, "people", false, "the model file of --base gives embeddings of faces: the name is one of people")
	cmd.MarkFlagsMutuallyExclusive("base", "camera")
	cmd.RegisterFlagCompletionFunc("base", completePulled)
	return cmd
}

// newReport is what `teach new --json` prints.
type newReport struct {
	Schema int    `json:"schema"`
	Name   string `json:"name"`
	Kind   string `json:"kind"`
	Base   string `json:"base"`
	SHA256 string `json:"sha256"`
}

// kindOf is what a name is of, in reports.
func kindOf(b store.Base) string { return cmp.Or(string(b.Kind), "classes") }

// base is the network that a model, a file or a camera means. people has a model be one that gives embeddings.
func (t *teaching) base(wanted, camera string, people bool) (store.Base, error) {
	if wanted != "" {
		return t.baseFile(wanted, people)
	}
	names := slices.Sorted(maps.Keys(t.config.Cameras))
	switch _, there := t.config.Cameras[camera]; {
	case camera == "" && len(names) == 1:
		camera = names[0]
	case camera == "":
		return store.Base{}, usageError{fmt.Errorf("teach new: which camera is it for? --camera %s; or --base MODEL", strings.Join(names, ", --camera "))}
	case !there:
		return store.Base{}, usageError{fmt.Errorf("teach new: there is no camera %q in the config file (there is %s)", camera, strings.Join(names, ", "))}
	}
	cam := t.config.Cameras[camera]
	model := cam.Model
	if cam.Then != nil { // which sees crops of what the first one finds
		model, cam.Region = cam.Then.Model, config.Region{Width: 1, Height: 1}
	}
	b, err := t.baseFile(model, people)
	if err != nil {
		return b, err
	}
	b.Camera = camera
	b.Region = [4]float64{cam.Region.X, cam.Region.Y, cam.Region.Width, cam.Region.Height}
	b.Fit, b.Rotate, b.Flip = cam.Fit, cam.Rotate, cam.Flip
	return b, nil
}

// baseFile is the network of a model of the config, or of a file. Of what was taught it is what that was taught on.
func (t *teaching) baseFile(wanted string, people bool) (store.Base, error) {
	m, there := t.config.Models[wanted]
	o := engines.Options{File: cmp.Or(m.File, wanted), Task: m.Task, Mean: m.Mean, Std: m.Std}
	if people {
		o.Task = string(task.Embed)
	}
	b, err := t.BaseOf(o)
	if err != nil && !there && errors.Is(err, os.ErrNotExist) {
		return b, fmt.Errorf("%w (models of the config file: %s)", err, strings.Join(slices.Sorted(maps.Keys(t.config.Models)), ", "))
	}
	return b, err
}
