package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/daemon/doctor"
)

// installedConfig is the file that the installed service runs with.
const installedConfig = "/etc/inceptiond/inceptiond.yaml"

// serviceState is the StateDirectory of the installed service.
const serviceState = "/var/lib/inceptiond"

func doctorCommand(std streams) *cobra.Command {
	var file string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "check the machine, the cameras, the models and the broker, and say how to mend what is wrong",
		Long: "Checks all that a config file needs: its cameras give a picture, its models load, its broker takes a message and\n" +
			"gives it back; and the machine: clock, disk, memory, temperature. Each finding is ok, a note, a warning or a fault, the\n" +
			"last two with the way to mend it. The exit code is 1 if there is a fault. As root it sees more: which program holds a\n" +
			"camera, and files that only the service may read. A daemon that runs is not disturbed.",
		Example: "  inceptiond doctor\n  sudo inceptiond doctor -c /etc/inceptiond/inceptiond.yaml\n  inceptiond doctor --json",
		Args:    arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return examine(cmd.Context(), std, doctorOptions{file: file, json: asJSON, named: cmd.Flags().Changed("config")})
		},
	}
	cmd.Flags().StringVarP(&file, "config", "c", "", "config file (default: "+installedConfig+" if there is one, else the defaults)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON (docs/doctor.md)")
	return cmd
}

// doctorOptions are the flags of `inceptiond doctor`.
type doctorOptions struct {
	file  string // config file
	named bool   // file was given
	json  bool
}

// examination is `inceptiond doctor` at work. Its checks run at the same time.
type examination struct {
	root    doctor.Root
	file    string         // config file; empty: none
	config  *config.Config // nil if the file is no good
	loading sync.WaitGroup // until memory is known
	memory  uint64         // bytes that this process has had with all models loaded; 0 if they could not be
	videos  []doctor.Video
}

func examine(ctx context.Context, std streams, o doctorOptions) error {
	e := &examination{file: o.file}
	if _, err := os.Stat(installedConfig); !o.named && err == nil {
		e.file = installedConfig
	}
	checks := e.checks()
	report := doctorReport{Schema: 1, Version: versionString(), Time: time.Now().UTC().Format(time.RFC3339), Config: e.file}
	if e.config != nil {
		report.Device = e.config.Device
	}
	page := page{w: std.out}
	report.State = doctor.Run(ctx, checks, func(f doctor.Finding) {
		report.Findings = append(report.Findings, f)
		if !o.json {
			page.print(f)
		}
	})
	if o.json {
		page.err = json.NewEncoder(std.out).Encode(report)
	}
	if page.err != nil {
		return page.err
	}
	if n := report.count(doctor.Fault); n > 0 {
		return fmt.Errorf("doctor: %s", plural(n, "fault"))
	}
	return ctx.Err()
}

// checks reads the config and lists what there is to check: what it names, and the machine.
func (e *examination) checks() []doctor.Check {
	list := []doctor.Check{e.checkConfig()}
	e.videos = doctor.Videos(e.root)
	list = append(list, e.cameraChecks()...)
	list = append(list, e.modelChecks()...)
	list = append(list, e.brokerChecks()...)
	return append(list, e.machineChecks()...)
}

// checkConfig loads the config, as the other checks need it, and returns the check that tells.
func (e *examination) checkConfig() doctor.Check {
	c, err := loadConfig(runOptions{file: e.file})
	findings := doctor.Writers(e.file)
	var bad *config.Error
	switch {
	case errors.As(err, &bad):
		for _, p := range bad.Problems {
			findings = append(findings, doctor.Finding{State: doctor.Fault, Found: e.file + ":" + p.String(), Fix: "mend that line; `inceptiond config` prints every key with its meaning"})
		}
	case err != nil:
		findings = append(findings, doctor.Finding{State: doctor.Fault, Found: err.Error(), Fix: "write one: inceptiond config > inceptiond.yaml"})
	default:
		e.config = c
		name := e.file
		if name == "" {
			name = "no file, the defaults"
		}
		findings = append(findings, doctor.Finding{State: doctor.OK, Found: fmt.Sprintf("%s: %s, %s, broker %v",
			name, plural(len(c.Cameras), "camera"), plural(len(c.Models), "model"), c.MQTT.Broker)})
	}
	return fixed("config", "file", findings...)
}

// machineChecks are those that every machine needs.
func (e *examination) machineChecks() []doctor.Check {
	list := []doctor.Check{
		doctor.Machine(e.root),
		doctor.Clock(e.root, nil),
		doctor.Disk("/", false, nil),
		doctor.Memory(e.root, func() uint64 {
			e.loading.Wait()
			return e.memory
		}),
		doctor.Heat(e.root),
	}
	if dir := e.spool(); dir != "" {
		list = append(list, doctor.Disk(dir, true, nil))
	}
	return list
}

// spool is the folder where events wait for the broker; empty: in memory. The service's is not ours.
func (e *examination) spool() string {
	if e.config == nil {
		return ""
	}
	dir := spoolDir(e.config)
	if dir != "" && e.config.MQTT.Spool.Path == "" && e.file == installedConfig {
		return serviceState + "/spool"
	}
	return dir
}

// fixed is a check whose findings are known already.
func fixed(area, name string, findings ...doctor.Finding) doctor.Check {
	return doctor.Check{Area: area, Name: name, Run: func(context.Context) []doctor.Finding { return findings }}
}

// doctorReport is what `doctor --json` prints: docs/schema/doctor.json.
type doctorReport struct {
	Schema   int              `json:"schema"`
	Version  string           `json:"version"`
	Device   string           `json:"device,omitempty"`
	Time     string           `json:"time"`
	Config   string           `json:"config"`
	State    doctor.State     `json:"state"`
	Findings []doctor.Finding `json:"findings"`
}

// count is how many findings are in a state.
func (r doctorReport) count(s doctor.State) int {
	n := 0
	for _, f := range r.Findings {
		if f.State == s {
			n++
		}
	}
	return n
}

// page prints findings for people: a title for each area, a line for each finding, and one below for its fix.
type page struct {
	w     io.Writer
	areas []string // titles printed
	err   error    // the first
}

func (p *page) print(f doctor.Finding) {
	if !slices.Contains(p.areas, f.Area) {
		if len(p.areas) > 0 {
			p.printf("\n")
		}
		p.areas = append(p.areas, f.Area)
		p.printf("%s\n", f.Area)
	}
	p.printf("  %-8s %-18s %s\n", f.State, f.Check, strings.ReplaceAll(f.Found, "\n", "; "))
	if f.Fix != "" {
		p.printf("  %-8s %-18s -> %s\n", "", "", f.Fix)
	}
}

func (p *page) printf(format string, args ...any) {
	if _, err := fmt.Fprintf(p.w, format, args...); p.err == nil {
		p.err = err
	}
}
