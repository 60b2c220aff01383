package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/inceptiond/inceptiond/daemon/teach"
	"github.com/inceptiond/inceptiond/infer/learn/store"
	"github.com/inceptiond/inceptiond/internal/text"
)

// taking are the flags that take pictures of a camera.
type taking struct {
	camera string
	every  time.Duration
	count  int

	detector string // a model that cuts files out; empty: they are taken whole
}

func (o *taking) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.camera, "camera", "", "instead of files: what this camera shows, as its model gets it")
	cmd.Flags().DurationVar(&o.every, "every", 2*time.Second, "from one picture of the camera to the next")
	cmd.Flags().IntVar(&o.count, "count", 1, "how many pictures to take of the camera")
}

// check says what cannot be of the flags, beside files.
func (o *taking) check(files int) error {
	switch {
	case o.camera == "" && files == 0:
		return usageError{errors.New("name picture files or folders, or a camera with --camera")}
	case o.camera != "" && o.detector != "":
		return usageError{errors.New("--detector is for picture files: cut the camera's pictures with its region, or by a detector as its model")}
	case o.camera != "" && files > 0:
		return usageError{errors.New("--camera takes the place of picture files: one or the other")}
	case o.count < 1 || o.count > 1000 || o.every < 0 || o.every > time.Hour:
		return usageError{fmt.Errorf("--count %d, --every %v: want 1 to 1000, and an hour at most", o.count, o.every)}
	}
	return nil
}

func teachAddCommand(t *teaching) *cobra.Command {
	var o taking
	held := false
	cmd := &cobra.Command{
		Use:   "add NAME CLASS FILE… | NAME FOLDER",
		Short: "add pictures of a class",
		Long: "Adds pictures (JPEG, PNG, BMP; of a folder all that lie in it) of a class, or those of a camera: what its model gets to\n" +
			"see, now and every few seconds. With a folder in the place of class and files, each of the folders in it is a class. A\n" +
			"picture that cannot be read is named, and the others are added. Classes are called with a-z, 0-9, - and _; not none or\n" +
			"unknown, which have a meaning of their own: other is usual for what is there otherwise. With --held the pictures are never\n" +
			"learned from: they are for `teach test`. With --detector each picture is cut to the one thing that a detector of the config\n" +
			"file finds in it, as a camera with `then` does: for faces in pictures that show more.",
		Example: "  inceptiond teach add gate open pictures/open\n  inceptiond teach add gate pictures\n" +
			"  inceptiond teach add gate shut --camera drive --every 2s --count 10",
		Args: arguments(cobra.MinimumNArgs(2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := t.name(args[0])
			if err != nil {
				return err
			}
			shelf := store.Pictures
			if held {
				shelf = store.Held
			}
			groups := []group{{teach.Place{Shelf: shelf, Class: args[1]}, args[2:]}}
			if info, err := os.Stat(args[1]); len(args) == 2 && o.camera == "" && err == nil && info.IsDir() {
				if groups, err = classFolders(args[1], shelf); err != nil {
					return err
				}
			} else if err := errors.Join(store.CheckClass(args[1]), o.check(len(args)-2)); err != nil {
				return usageError{err}
			}
			return t.add(cmd.Context(), n, groups, o)
		},
	}
	o.flags(cmd)
	cmd.Flags().StringVar(&o.detector, "detector", "", "cut out what this model of the config file finds in each picture: faces, for a name of people")
	cmd.Flags().BoolVar(&held, "held", false, "hold the pictures out: they are for `teach test`, and never learned from")
	return cmd
}

func teachNormalCommand(t *teaching) *cobra.Command {
	var o taking
	cmd := &cobra.Command{
		Use:   "normal NAME FILE…",
		Short: "add pictures of how it looks when all is well",
		Long: "Adds pictures of the normal state, from which a camera with `normal: {name: NAME}` tells what looks different. It takes 3\n" +
			"of them, and is better with 10, at all times of the day.",
		Example: "  inceptiond teach normal trap pictures/normal\n  inceptiond teach normal trap --camera trap --every 1h --count 24",
		Args:    arguments(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := t.name(args[0])
			if err == nil {
				err = o.check(len(args) - 1)
			}
			if err != nil {
				return err
			}
			return t.add(cmd.Context(), n, []group{{teach.Place{Shelf: store.Normal}, args[1:]}}, o)
		},
	}
	o.flags(cmd)
	return cmd
}

// group is files that belong to one place.
type group struct {
	to    teach.Place
	paths []string
}

// classFolders makes a group of each folder in one.
func classFolders(folder string, shelf store.Shelf) ([]group, error) {
	list, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("teach: %w", err)
	}
	var groups []group
	for _, e := range list {
		if !e.IsDir() {
			continue
		}
		if err := store.CheckClass(e.Name()); err != nil {
			return nil, fmt.Errorf("%w (the folder %s)", err, filepath.Join(folder, e.Name()))
		}
		groups = append(groups, group{teach.Place{Shelf: shelf, Class: e.Name()}, []string{filepath.Join(folder, e.Name())}})
	}
	if len(groups) == 0 {
		return nil, usageError{fmt.Errorf("teach add: there are no folders in %s: name a class before it (teach add NAME CLASS %s)", folder, folder)}
	}
	return groups, nil
}

// addReport is what `teach add --json` prints of a class.
type addReport struct {
	Schema int         `json:"schema"`
	Name   string      `json:"name"`
	Shelf  string      `json:"shelf"`
	Class  string      `json:"class,omitempty"`
	Added  int         `json:"added"`
	Known  int         `json:"known"` // were there already
	Failed []badReport `json:"failed"`
}

type badReport struct {
	File   string `json:"file"`
	Reason string `json:"reason"`
}

// add adds files, or pictures of a camera, and says what has become of them.
func (t *teaching) add(ctx context.Context, n *store.Name, groups []group, o taking) error {
	failed := 0
	var find teach.Finder // all of each
	if o.detector != "" {
		b, err := n.Base()
		if err != nil {
			return err
		}
		f, err := t.finder(ctx, o.detector, b)
		if err != nil {
			return err
		}
		defer f.Close()
		find = f
	}
	for _, g := range groups {
		var a teach.Added
		var err error
		if o.camera != "" {
			a, err = t.take(ctx, n, g.to, o)
		} else {
			a, err = t.AddFiles(ctx, n, g.to, g.paths, find)
		}
		failed += len(a.Failed)
		r := addReport{Schema: 1, Name: n.Name(), Shelf: string(g.to.Shelf), Class: g.to.Class, Added: a.Fresh, Known: a.Known, Failed: []badReport{}}
		for _, bad := range a.Failed {
			r.Failed = append(r.Failed, badReport(bad))
			if !t.json {
				fmt.Fprintf(t.std.err, "%s: %s\n", text.Printable(bad.File), text.Printable(bad.Reason))
			}
		}
		if err != nil && a.Fresh+a.Known == 0 {
			return err
		}
		if printed := t.print(r, func(w io.Writer) { printAdded(w, g.to, a) }); err != nil || printed != nil {
			return errors.Join(err, printed)
		}
	}
	if failed > 0 {
		return fmt.Errorf("teach: %s could not be taken", text.Plural(failed, "file"))
	}
	return nil
}

func printAdded(w io.Writer, to teach.Place, a teach.Added) {
	fmt.Fprintf(w, "%s: %s added", to, text.Plural(a.Fresh, "picture"))
	if a.Known > 0 {
		fmt.Fprintf(w, ", %d there already", a.Known)
	}
	fmt.Fprintln(w)
}
