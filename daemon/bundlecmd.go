package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/daemon/bench"
	"github.com/inceptiond/inceptiond/daemon/bundle"
	"github.com/inceptiond/inceptiond/daemon/doctor"
	"github.com/inceptiond/inceptiond/daemon/plan"
	"github.com/inceptiond/inceptiond/daemon/service"
	"github.com/inceptiond/inceptiond/daemon/wiring"
	"github.com/inceptiond/inceptiond/infer/cpu"
	"github.com/inceptiond/inceptiond/internal/text"
	"github.com/inceptiond/inceptiond/publish/web"
)

// bundling are the flags of `inceptiond bundle`.
type bundling struct {
	file    string   // the config file; empty: the usual one
	output  string   // empty: the bundle's own name, here
	cameras []string // whose frames; empty: all
	frames  int
	list    bool // only show what would be in it
	yes     bool // write it without asking
}

func bundleCommand(std streams) *cobra.Command {
	var o bundling
	cmd := &cobra.Command{
		Use:   "bundle",
		Short: "put what another person needs to look into a fault into one file",
		Long: "Makes one file of evidence (a tar): the config without secrets, what the doctor finds, versions, hashes of the models, and of\n" +
			"a daemon that runs the last lines of its log, how all is, what is decided, and why. With --frames the next frames of each\n" +
			"camera are in it too, masked as always, with what came of them, so that `inceptiond replay` can do the same again elsewhere.\n" +
			"First it lists what goes in, then it asks; the file is yours alone, and nothing is sent anywhere. Where no daemon runs, it\n" +
			"opens the cameras itself for --frames, and publishes nothing.",
		Example: "  inceptiond bundle\n  sudo inceptiond bundle --frames 20 --camera drive -o fault.tar\n  inceptiond bundle --list",
		Args:    arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return makeBundle(cmd.Context(), std, o)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&o.file, "config", "c", "", "config file of the daemon (default: the installed service, else the one that 'inceptiond run' would have)")
	f.IntVar(&o.frames, "frames", 0, "frames of each camera: the next that it answers; they show what the camera sees")
	f.StringArrayVar(&o.cameras, "camera", nil, "frames of this camera only; may be given several times (default: all)")
	f.StringVarP(&o.output, "output", "o", "", "the file to write, which must not be there (default: a name with the device and the time, here)")
	f.BoolVar(&o.list, "list", false, "show what would be in it, and write nothing")
	f.BoolVarP(&o.yes, "yes", "y", false, "write it without asking")
	return cmd
}

// evidence is a bundle that is made and not written yet.
type evidence struct {
	name    string
	bytes   int64
	files   []bundle.File
	leftOut []string
	write   func(io.Writer) error
}

// makeBundle makes a bundle, of the daemon that runs or else of the machine as it is, shows what is in it, asks, and writes it.
func makeBundle(ctx context.Context, std streams, o bundling) error {
	switch {
	case o.frames < 0 || o.frames > service.MaxBundleFrames:
		return usageError{fmt.Errorf("--frames %d is not possible (want 0 to %d)", o.frames, service.MaxBundleFrames)}
	case len(o.cameras) > 0 && o.frames == 0:
		return usageError{errors.New("--camera says whose frames, and no frames are asked for (add --frames 20)")}
	case !o.yes && !o.list && !isTerminal(std.in):
		return usageError{errors.New("bundle: nobody can be asked here whether to write what is listed: say --list, and then --yes")}
	}
	if err := o.writable(); err != nil {
		return err
	}
	say := func(doing string) { fmt.Fprintln(std.err, "inceptiond:", text.Lines(doing), "…") }
	c, err := signInTo(ctx, o.file)
	if errors.Is(err, errNoDaemon) {
		fmt.Fprintf(std.err, "inceptiond: the machine is looked at as it is, without a daemon: %s\n", strings.TrimPrefix(err.Error(), errNoDaemon.Error()+": "))
		made, err := bundleHere(ctx, o, say)
		if err != nil {
			return err
		}
		e := &evidence{made.Name() + ".tar", made.Size(), made.All(), made.Manifest.LeftOut, made.Write}
		return e.offer(ctx, std, o)
	} else if err != nil {
		return err
	}
	defer c.signOut(ctx)
	if err = c.offerBundle(ctx, std, o, say); errors.Is(err, errEnded) {
		return fmt.Errorf("bundle: %w: the same command again makes one without it", err)
	}
	return err
}

// writable tells, before frames are taken, why the file could not be written when they are.
func (o bundling) writable() error {
	if o.list {
		return nil
	}
	if _, err := os.Lstat(o.output); o.output != "" && err == nil {
		return fmt.Errorf("bundle: %s is there already, and is left as it is (give another name with --output)", o.output)
	}
	folder := filepath.Dir(o.output)
	if err := unix.Access(folder+"/", unix.W_OK|unix.X_OK); err != nil {
		return fmt.Errorf("bundle: nothing can be written into the folder %s: %w (give a file elsewhere with --output)", folder, err)
	}
	return nil
}

// offer shows what is in a bundle, and writes it if that is wanted.
func (e *evidence) offer(ctx context.Context, std streams, o bundling) error {
	if err := e.list(std.out); err != nil || o.list {
		return err
	}
	path := cmp.Or(o.output, e.name)
	if !o.yes {
		fmt.Fprintf(std.err, "Write it to %s? [y/N] ", path)
		answer := readLine(ctx, std.in)
		if !strings.HasSuffix(answer, "\n") {
			fmt.Fprintln(std.err)
		}
		if answer = strings.ToLower(strings.TrimSpace(answer)); answer != "y" && answer != "yes" {
			return cmp.Or(ctx.Err(), errors.New("bundle: nothing was written"))
		}
	}
	if err := bundle.CreateFile(path, e.write); err != nil {
		return err
	}
	_, err := fmt.Fprintf(std.out, "written: %s\n", path)
	return err
}

// list lists what is in a bundle, and what is not.
func (e *evidence) list(w io.Writer) error {
	fmt.Fprintf(w, "%s: %s, %s\n", e.name, text.Plural(len(e.files), "file"), text.Size(uint64(e.bytes)))
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range bundle.Listing(e.files) {
		fmt.Fprintf(table, "  %s\t%s\t%s\n", f.Name, text.Size(uint64(f.Bytes)), f.About)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w, "not in it:")
	for _, why := range e.leftOut {
		fmt.Fprintln(w, " ", why)
	}
	return nil
}

// readLine reads a line, unless ctx ends: reading itself then goes on until the process ends.
func readLine(ctx context.Context, in io.Reader) string {
	read := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(in).ReadString('\n') // its end is missing then
		read <- line
	}()
	select {
	case line := <-read:
		return line
	case <-ctx.Done():
		return ""
	}
}

// aboutThis is what a bundle says of this program and machine.
func aboutThis() bundle.Manifest {
	m := bundle.Manifest{Version: versionString(), Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH, CPU: bench.CPU()}
	if k, err := cpu.Kernels(); err == nil {
		m.Kernels, m.Fused = k.Name, k.Fused
	}
	return m
}

// bundleHere makes a bundle of the machine as it is, without a daemon.
func bundleHere(ctx context.Context, o bundling, say func(string)) (*bundle.Bundle, error) {
	file := cmp.Or(o.file, usualConfig())
	p, err := wiring.LoadPlan(file, wiring.Flags{})
	if err != nil {
		p = mistaken(file, err)
	}
	a := service.Alone{
		Plan: p, About: aboutThis(), Version: versionString(), Source: file,
		Doctor: func(ctx context.Context, found func(web.Finding)) error { return findings(ctx, file, found) },
	}
	return service.BundleAlone(ctx, a, web.BundleWish{Frames: o.frames, Cameras: o.cameras}, say)
}

// mistaken is the plan of a config file that cannot be used: what is said of that may quote what it has.
func mistaken(file string, err error) *plan.Plan {
	p := &plan.Plan{Evidence: plan.Evidence{Problem: err.Error()}}
	p.Device, _ = os.Hostname()
	if c, err := config.Draft(file); err == nil {
		_, p.Evidence.Secrets = c.Shared()
	}
	return p
}

// findings has the doctor look at a config file.
func findings(ctx context.Context, file string, found func(web.Finding)) error {
	var lines bytes.Buffer
	err := examine(ctx, streams{out: &lines}, doctor.Options{File: file, Stream: true}, wiring.Flags{})
	for line := range bytes.Lines(lines.Bytes()) {
		var f web.Finding
		if err := json.Unmarshal(line, &f); err != nil {
			return err
		}
		found(f)
	}
	if lines.Len() > 0 { // that there are faults is said
		return nil
	}
	return err
}
