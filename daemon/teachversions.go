package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/inceptiond/inceptiond/daemon/teach"
	"github.com/inceptiond/inceptiond/infer/learn/store"
	"github.com/inceptiond/inceptiond/internal/text"
)

func teachUseCommand(t *teaching) *cobra.Command {
	force := false
	cmd := &cobra.Command{
		Use:   "use NAME [VERSION]",
		Short: "put a version in force: the newest if none is named",
		Long: "Puts a version in force: cameras that have the name as their model take it over, and miss no event. One that is worse than\n" +
			"the one in use, by more than chance, is refused unless --force is given. `teach rollback` goes back.",
		Example: "  inceptiond teach use gate\n  inceptiond teach use gate 3f2a9c01b7de",
		Args:    arguments(cobra.RangeArgs(1, 2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := t.name(args[0])
			if err != nil {
				return err
			}
			id := ""
			if len(args) > 1 {
				id = args[1]
			}
			v, err := t.Use(n, id, force)
			if worse := new(teach.WorseError); errors.As(err, &worse) {
				return fmt.Errorf("%w (--force uses it all the same)", err)
			}
			if err != nil {
				return err
			}
			return t.inForce(cmd.Context(), n, v)
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "use it even if it is worse")
	return cmd
}

func teachRollbackCommand(t *teaching) *cobra.Command {
	return &cobra.Command{
		Use:     "rollback NAME",
		Short:   "go back to the version that was in force before",
		Example: "  inceptiond teach rollback gate",
		Args:    arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := t.name(args[0])
			if err != nil {
				return err
			}
			if err := n.Rollback(); err != nil {
				return err
			}
			v, _ := n.Current()
			return t.inForce(cmd.Context(), n, v)
		},
	}
}

// inForce has a running daemon take over the version in use, and says so.
func (t *teaching) inForce(ctx context.Context, n *store.Name, v store.Version) error {
	told := t.reload(ctx, n.Name(), v.ID)
	return t.print(map[string]any{"schema": 1, "name": n.Name(), "version": v.ID, "reloaded": told == nil}, func(w io.Writer) {
		fmt.Fprintf(w, "%s: version %s is in use.\n", n.Name(), v.ID)
		if told != nil {
			fmt.Fprintf(w, "A daemon that runs takes it over by: systemctl reload inceptiond (of one that was started by hand: kill -HUP)\n")
		}
	})
}

func teachForgetCommand(t *teaching) *cobra.Command {
	all := false
	cmd := &cobra.Command{
		Use:   "forget NAME [CLASS]",
		Short: "delete a class, with all that was learned of it",
		Long: "Deletes the pictures of a class, those held out, those that wait with its label, and all versions that have learned it,\n" +
			"the one in use too: then train anew. With --all and no class, all of the name goes.",
		Example: "  inceptiond teach forget faces anna\n  inceptiond teach forget gate --all",
		Args:    arguments(cobra.RangeArgs(1, 2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if all == (len(args) == 2) {
				return usageError{errors.New("teach forget: name a class, or say --all for everything of the name")}
			}
			n, err := t.name(args[0])
			if err != nil {
				return err
			}
			if all {
				if err := n.Remove(); err != nil {
					return err
				}
				return t.print(map[string]any{"schema": 1, "name": args[0], "removed": true}, func(w io.Writer) {
					fmt.Fprintf(w, "%s is gone, with all its pictures and versions.\n", args[0])
				})
			}
			return t.forget(n, args[1])
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "delete all of the name")
	return cmd
}

func (t *teaching) forget(n *store.Name, class string) error {
	gone, err := n.Forget(class)
	if err != nil {
		return err
	}
	report := map[string]any{
		"schema": 1, "name": n.Name(), "class": class, "pictures": gone.Pictures, "held": gone.Held, "inbox": gone.Inbox,
		"versions": gone.Versions, "current": gone.Current,
	}
	return t.print(report, func(w io.Writer) {
		fmt.Fprintf(w, "%s: %s and %s of %s are gone.\n", n.Name(), text.Plural(gone.Pictures+gone.Held+gone.Inbox, "picture"), text.Plural(len(gone.Versions), "version"), class)
		if gone.Current {
			fmt.Fprintf(w, "The version in use had learned it: there is none now, but a daemon that runs has it until there is: inceptiond teach train %s\n", n.Name())
		}
	})
}

func teachExportCommand(t *teaching) *cobra.Command {
	cameras := false
	cmd := &cobra.Command{
		Use:     "export NAME FILE",
		Short:   "write the pictures of a name to a tar file",
		Long:    "Writes the pictures, those held out and those of the normal state, how they are to be taught, and the report of the version\nin use to a new tar file; `-` is standard output. It has no names of cameras unless --cameras is given.",
		Example: "  inceptiond teach export gate gate.tar",
		Args:    arguments(cobra.ExactArgs(2)),
		RunE: func(_ *cobra.Command, args []string) error {
			n, err := t.name(args[0])
			if err != nil {
				return err
			}
			if args[1] == "-" {
				return n.Export(t.std.out, cameras)
			}
			bytes, err := exportTo(n, args[1], cameras)
			if err != nil {
				return err
			}
			return t.print(map[string]any{"schema": 1, "name": n.Name(), "file": args[1], "bytes": bytes}, func(w io.Writer) {
				fmt.Fprintf(w, "%s: %s. Elsewhere: inceptiond teach import %[1]s\n", args[1], text.Plural(int(bytes), "byte"))
			})
		},
	}
	cmd.Flags().BoolVar(&cameras, "cameras", false, "with the names of the cameras that took them")
	return cmd
}

// exportTo writes a tar file that must not be there, and returns its length; what is not whole is taken away.
func exportTo(n *store.Name, path string, cameras bool) (bytes int64, err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, err
	}
	err = n.Export(f, cameras)
	if err == nil {
		bytes, err = f.Seek(0, io.SeekCurrent)
	}
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return 0, errors.Join(err, os.Remove(path))
	}
	return bytes, nil
}

func teachImportCommand(t *teaching) *cobra.Command {
	base := ""
	cmd := &cobra.Command{
		Use:   "import FILE [NAME]",
		Short: "make a name of a tar file that export has written",
		Long: "Makes a name of what `teach export` has written, here or on another machine; `-` is standard input. It is called as the\n" +
			"file, unless a name is given. Then it can be trained: on the same network, which must be on this machine, or on that of --base.",
		Example: "  inceptiond teach import gate.tar\n  inceptiond teach import gate.tar second-gate --base pull:inception_v1_224_quant",
		Args:    arguments(cobra.RangeArgs(1, 2)),
		RunE: func(_ *cobra.Command, args []string) error {
			return t.importFile(args, base)
		},
	}
	cmd.Flags().StringVar(&base, "base", "", "what it builds on here: a model of the config file, a model file, or pull:NAME")
	cmd.RegisterFlagCompletionFunc("base", completePulled)
	return cmd
}

// importFile makes a name of a tar file: args are the file, and perhaps the name.
func (t *teaching) importFile(args []string, base string) error {
	in, name := t.std.in, ""
	if len(args) > 1 {
		name = args[1]
	}
	if args[0] != "-" {
		file := filepath.Base(args[0])
		name = cmp.Or(name, strings.TrimSuffix(file, filepath.Ext(file)))
		f, err := os.Open(args[0])
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	if err := store.CheckName(name); err != nil {
		return usageError{fmt.Errorf("%w (give one after the file)", err)}
	}
	var other store.Base
	if base != "" {
		var err error
		if other, err = t.baseFile(base, false); err != nil { // before anything is made
			return err
		}
	}
	n, err := t.Import(in, name)
	if err != nil {
		return err
	}
	if base != "" {
		b, err := n.Base()
		if err != nil {
			return err
		}
		if other.Kind != b.Kind {
			return errors.Join(fmt.Errorf("teach import: what was exported has %s, and %s is a base of %s", kindOf(b), base, kindOf(other)), n.Remove())
		}
		b.Name, b.File, b.SHA256, b.Mean, b.Std = other.Name, other.File, other.SHA256, other.Mean, other.Std
		if err := n.SetBase(b); err != nil {
			return err
		}
	}
	return t.printState(n)
}

func teachListCommand(t *teaching) *cobra.Command {
	return &cobra.Command{
		Use:     "list [NAME]",
		Short:   "say what is taught, and how far it is",
		Example: "  inceptiond teach list\n  inceptiond teach list gate --json",
		Args:    arguments(cobra.MaximumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				n, err := t.name(args[0])
				if err != nil {
					return err
				}
				return t.printState(n)
			}
			names, err := t.Names()
			if err != nil {
				return err
			}
			if len(names) == 0 && !t.json {
				_, err := fmt.Fprintln(t.std.out, "Nothing is taught yet: inceptiond teach new NAME")
				return err
			}
			for _, name := range names {
				n, err := t.name(name)
				if err == nil {
					err = t.printState(n)
				}
				if err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// stateReport is what `teach list --json` prints of a name.
type stateReport struct {
	Schema   int            `json:"schema"`
	Name     string         `json:"name"`
	Kind     string         `json:"kind"`
	Base     string         `json:"base"`
	Classes  []classReport  `json:"classes"`
	Inbox    int            `json:"inbox"`
	Normal   int            `json:"normal"`
	Skipped  []badReport    `json:"skipped"`
	Current  *versionReport `json:"current"`
	Previous *versionReport `json:"previous"`
	Newest   *versionReport `json:"newest"`
}

type classReport struct {
	Label    string `json:"label"`
	Pictures int    `json:"pictures"`
	Copies   int    `json:"copies"`
	Held     int    `json:"held"`
	More     int    `json:"more"`
}

type versionReport struct {
	ID    string    `json:"id"`
	Time  time.Time `json:"time"`
	Right int       `json:"right"`
	Total int       `json:"total"`
	Low   float64   `json:"low"`
	High  float64   `json:"high"`
}

func versionOf(v *teach.Version) *versionReport {
	if v == nil {
		return nil
	}
	r := &v.Report
	return &versionReport{v.ID, v.Made.UTC(), r.Right, r.Total, r.Accuracy.Low, r.Accuracy.High}
}

// printState says how far a name is.
func (t *teaching) printState(n *store.Name) error {
	s, err := teach.Look(n)
	if err != nil {
		return err
	}
	r := stateReport{
		Schema: 1, Name: s.Name, Kind: kindOf(s.Base), Base: s.Base.Name, Classes: []classReport{}, Inbox: s.Inbox, Normal: s.Normal, Skipped: []badReport{},
		Current: versionOf(s.Current), Previous: versionOf(s.Previous), Newest: versionOf(s.Newest),
	}
	for _, c := range s.Classes {
		r.Classes = append(r.Classes, classReport(c))
	}
	for _, f := range s.Skipped {
		r.Skipped = append(r.Skipped, badReport(f))
	}
	return t.print(r, func(w io.Writer) { writeState(w, &s) })
}

func writeState(w io.Writer, s *teach.State) {
	if s.Base.Kind == store.People {
		fmt.Fprintf(w, "%s, people known by %s\n", s.Name, s.Base.Name)
	} else {
		fmt.Fprintf(w, "%s, on %s\n", s.Name, s.Base.Name)
	}
	for _, c := range s.Classes {
		fmt.Fprintf(w, "  %-20s %s", c.Label, text.Plural(c.Pictures, "picture"))
		if c.Copies > 0 {
			fmt.Fprintf(w, ", %d near-copies", c.Copies)
		}
		if c.Held > 0 {
			fmt.Fprintf(w, ", %d held out", c.Held)
		}
		if c.More > 0 {
			fmt.Fprintf(w, ", %d more would help", c.More)
		}
		fmt.Fprintln(w)
	}
	if s.Inbox > 0 {
		fmt.Fprintf(w, "  %s without a label\n", text.Plural(s.Inbox, "picture"))
	}
	if s.Normal > 0 {
		fmt.Fprintf(w, "  %s of the normal state\n", text.Plural(s.Normal, "picture"))
	}
	for _, one := range []struct {
		what string
		v    *teach.Version
	}{{"in use", s.Current}, {"before", s.Previous}, {"not in use", s.Newest}} {
		if one.v != nil {
			fmt.Fprintf(w, "  version %s, %s: %s\n", one.v.ID, one.what, teach.Accuracy(&one.v.Report))
		}
	}
	for _, f := range s.Skipped {
		fmt.Fprintf(w, "  not a picture: %s: %s\n", text.Printable(f.File), text.Printable(f.Reason))
	}
}
