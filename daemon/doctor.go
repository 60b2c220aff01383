package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/daemon/doctor"
	"github.com/inceptiond/inceptiond/daemon/wiring"
	"github.com/inceptiond/inceptiond/internal/text"
)

func doctorCommand(std streams) *cobra.Command {
	var o doctor.Options
	var flags wiring.Flags
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
			if !cmd.Flags().Changed("config") {
				o.File = usualConfig()
			}
			return examine(cmd.Context(), std, o, flags)
		},
	}
	cmd.Flags().StringVarP(&o.File, "config", "c", "", "config file (default: "+doctor.InstalledConfig+" if there is one, else what run would take)")
	cmd.Flags().BoolVar(&o.JSON, "json", false, "print JSON ("+text.Doc("doctor.md")+")")
	cmd.Flags().StringArrayVar(&flags.Brokers, "broker", nil, "as run has it: instead of the file's mqtt.broker")
	cmd.Flags().StringVar(&flags.Listen, "listen", "", "as run has it: instead of the file's mqtt.listen")
	cmd.Flags().IntVar(&o.Daemon, "daemon", 0, "the process of the daemon that asks")
	cmd.Flags().StringArrayVar(&o.AtWork, "at-work", nil, "a camera that it has pictures of")
	for _, ours := range []string{"daemon", "at-work"} {
		cmd.Flags().Lookup(ours).Hidden = true
	}
	cmd.Flags().BoolVar(&o.Stream, "lines", false, "print each finding as a line of JSON, as soon as it is known")
	cmd.MarkFlagsMutuallyExclusive("json", "lines")
	return cmd
}

// examine has the doctor look at the config file of o, with flags laid over it.
func examine(ctx context.Context, std streams, o doctor.Options, flags wiring.Flags) error {
	o.Version = versionString()
	c, err := wiring.Load(o.File, flags)
	if err == nil {
		o.About = fmt.Sprintf("%s, %s, broker %v", text.Plural(len(c.Cameras), "camera"), text.Plural(len(c.Models), "model"), c.MQTT.Broker)
		o.Plan, err = wiring.Plan(c)
	}
	if o.Err = err; err != nil {
		o.Plan = nil
	}
	var bad *config.Error
	if errors.As(err, &bad) {
		for _, p := range bad.Problems {
			o.Lines = append(o.Lines, o.File+":"+p.String())
		}
	}
	faults, err := doctor.Examine(ctx, std.out, o)
	if err == nil && faults > 0 {
		err = fmt.Errorf("doctor: %s", text.Plural(faults, "fault"))
	}
	return err
}
