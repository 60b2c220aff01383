package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/daemon/control"
	"github.com/inceptiond/inceptiond/daemon/doctor"
	"github.com/inceptiond/inceptiond/daemon/lessons"
	"github.com/inceptiond/inceptiond/daemon/service"
	"github.com/inceptiond/inceptiond/daemon/wiring"
)

// runOptions are the flags of `inceptiond run`.
type runOptions struct {
	file   string // config file; empty: the defaults
	flags  wiring.Flags
	output string // what standard output gets
}

// heapRoom is how much the heap may grow before it is collected, in percent of what is in use beside models: half of Go's own
// default. Most of what is in use are frames and pictures, which are used again, so that there is little to collect: people at the
// page cost 4 MB less, for a collection of 3 ms every few seconds. GOGC in the environment has its way.
func heapRoom() int {
	if os.Getenv("GOGC") != "" {
		return 0
	}
	return 50
}

func runCommand(std streams) *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:   "run",
		Short: "run the daemon",
		Long: "Runs the cameras of a config file until it is interrupted or all pictures are done. Without -c it takes\n" +
			"~/.config/inceptiond/inceptiond.yaml (below $XDG_CONFIG_HOME if that is set), which the page makes once something is\n" +
			"changed there. Without that file it shows drawn scenes to the built-in demo model and publishes to the embedded broker.",
		Example: "  inceptiond run\n  inceptiond run -c /etc/inceptiond/inceptiond.yaml\n  inceptiond run --listen 127.0.0.1:1884\n" +
			"  inceptiond run --broker mqtt://broker.local",
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDaemon(cmd.Context(), std, o)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&o.file, "config", "c", "", "config file (default: ~/.config/inceptiond/inceptiond.yaml if there is one, else none; 'inceptiond config' prints the defaults)")
	f.StringArrayVar(&o.flags.Brokers, "broker", nil, "instead of the file's mqtt.broker: embedded, off or a URL; once for each address of a cluster")
	f.StringVar(&o.flags.Listen, "listen", "", "instead of the file's mqtt.listen: where the embedded broker listens")
	f.StringVar(&o.output, "output", service.OutputAuto, "results on standard output: text, json, none, or auto: text unless systemd reads it")
	return cmd
}

// runDaemon runs the service. Hangups have it read the file again, and the end of ctx stops it.
func runDaemon(ctx context.Context, std streams, o runOptions) error {
	file := wiring.NewFile(cmp.Or(o.file, wiring.DefaultPath()), o.flags, o.file == "")
	if mended, err := file.Mend(); err != nil {
		fmt.Fprintln(std.err, "inceptiond:", err)
	} else if mended {
		fmt.Fprintln(std.err, "inceptiond: the machine stopped while the page was writing the config file, which is whole again")
	}
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	signal.Ignore(syscall.SIGPIPE) // a closed standard output is an error of its writer
	program, err := os.Executable()
	if err != nil {
		return err
	}
	s, err := service.New(service.Options{
		HeapRoom:   heapRoom(),
		NewTeacher: newTeacher(program),
		Load:       file.Plan, File: file, CheckView: wiring.CheckView,
		Doctor: o.flags.Arguments(), Source: o.file, Version: versionString(), About: aboutThis(), Output: o.output, Out: std.out, Err: std.err,
	})
	if errors.Is(err, service.ErrOutput) {
		return usageError{fmt.Errorf("--output %w", err)}
	} else if err != nil {
		return err
	}
	signals, stop := context.WithCancel(ctx)
	var obeying sync.WaitGroup
	obeying.Go(func() { obey(signals, s, hangups, file.Exists) })
	defer obeying.Wait()
	defer stop()
	return s.Run(context.WithoutCancel(ctx)) // obey ends it
}

// newTeacher says who teaches; this program does the work, in child processes.
func newTeacher(program string) func(service.School, *zap.Logger) service.Teacher {
	return func(s service.School, log *zap.Logger) service.Teacher {
		return lessons.New(s, lessons.Options{Program: program, Version: versionString()}, log)
	}
}

// obey turns signals into commands: a hangup reloads, and the end of ctx shuts down. While there is no file to read again, a
// hangup does to us what it does to programs that do not know it: a terminal has been closed.
func obey(ctx context.Context, c control.Controller, hangups chan os.Signal, exists func() bool) {
	for {
		select {
		case <-hangups:
			if !exists() {
				hangUp(hangups)
				continue
			}
			c.Do(ctx, control.Command{Kind: control.Reload}) // the service logs what becomes of it
		case <-ctx.Done():
			c.Do(ctx, control.Command{Kind: control.Shutdown})
			return
		}
	}
}

// hangUp ends the process by a hangup, unless whoever started it had those ignored (nohup).
func hangUp(hangups chan<- os.Signal) {
	signal.Reset(syscall.SIGHUP)
	syscall.Kill(os.Getpid(), syscall.SIGHUP)
	signal.Notify(hangups, syscall.SIGHUP)
}

// usualConfig is the config file that a command looks at if nobody names one: the installed service's, else the one that
// `inceptiond run` finds; empty: there is none.
func usualConfig() string {
	if _, err := os.Stat(doctor.InstalledConfig); err == nil {
		return doctor.InstalledConfig
	}
	return wiring.FindDefault()
}
