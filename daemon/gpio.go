package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/inceptiond/inceptiond/daemon/doctor"
	"github.com/inceptiond/inceptiond/daemon/wiring"
	"github.com/inceptiond/inceptiond/internal/gpiochip"
	"github.com/inceptiond/inceptiond/internal/text"
	"github.com/inceptiond/inceptiond/publish/gpio"
)

func gpioCommand(std streams) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "gpio",
		Short: "list the GPIO chips with their lines, and who uses them",
		Long: "Lists the GPIO chips with the number, name, direction and user of each line. Lines that a config file uses have\n" +
			"the name of its input or output. Nothing is switched.",
		Example: "  inceptiond gpio\n  inceptiond gpio -c inceptiond.yaml\n  inceptiond gpio safe -c /etc/inceptiond/inceptiond.yaml",
		Args:    arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			chips, err := gpiochip.Chips()
			if err != nil {
				return err
			}
			pins, err := gpioPins(cmd, file)
			return errors.Join(printChips(std.out, chips, pinsAt(chips, pins)), err)
		},
	}
	addPinsFile(cmd, &file)
	cmd.AddCommand(gpioSafeCommand(std))
	return cmd
}

func gpioSafeCommand(std streams) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "safe",
		Short: "switch the outputs of a config file to what it calls safe",
		Long: "Switches each output of a config file to the level that the file calls safe, once, and ends. systemd calls it when\n" +
			"the daemon has ended, however that came. A file with mistakes is taken as far as its outputs are clear. The exit\n" +
			"code is 1 if an output could not be switched, as while the daemon runs: nobody else may switch them then.",
		Example: "  inceptiond gpio safe -c /etc/inceptiond/inceptiond.yaml",
		Args:    arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			pins, err := gpioPins(cmd, file)
			if pins == nil {
				return err
			}
			return errors.Join(makeSafe(std.out, *pins), err)
		},
	}
	addPinsFile(cmd, &file)
	return cmd
}

func addPinsFile(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVarP(file, "config", "c", "", "config file (default: "+doctor.InstalledConfig+" if there is one, else what run would take)")
}

// gpioPins are the pins of the config file that a command is about, nil if there are none.
func gpioPins(cmd *cobra.Command, file string) (*gpio.Options, error) {
	if !cmd.Flags().Changed("config") {
		file = usualConfig()
	}
	if file == "" {
		return nil, nil
	}
	return wiring.Pins(file)
}

// makeSafe switches the outputs of o, and says so, a line each.
func makeSafe(w io.Writer, o gpio.Options) error {
	var errs []error
	gpio.Safe(o, func(name string, out gpio.Output, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("gpio.outputs.%s: %w", name, err))
			return
		}
		does := "is"
		if o.DryRun {
			does = "would be (a dry run)"
		}
		fmt.Fprintf(w, "%s (%s) %s %s\n", name, out.Line, does, onOff(out.Safe))
	})
	return errors.Join(errs...)
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// pinsAt is what a config uses lines for: "output lamp".
func pinsAt(chips []gpiochip.Chip, o *gpio.Options) map[gpiochip.Place]string {
	uses := map[gpiochip.Place]string{}
	if o == nil {
		return uses
	}
	for _, name := range slices.Sorted(maps.Keys(o.Inputs)) {
		if place, err := gpiochip.Find(chips, o.Chip, o.Inputs[name].Line); err == nil {
			uses[place] = "input " + name
		}
	}
	for _, name := range slices.Sorted(maps.Keys(o.Outputs)) {
		if place, err := gpiochip.Find(chips, o.Chip, o.Outputs[name].Line); err == nil {
			uses[place] = "output " + name
		}
	}
	return uses
}

// printChips writes a paragraph for each chip, with a line for each line: number, name, direction, user, use in the config.
func printChips(w io.Writer, chips []gpiochip.Chip, uses map[gpiochip.Place]string) error {
	if len(chips) == 0 {
		_, err := fmt.Fprintln(w, "No GPIO chip (/dev/gpiochip*). Not every machine has one: a Raspberry Pi has.")
		return err
	}
	for i, c := range chips {
		if i > 0 {
			fmt.Fprintln(w)
		}
		if c.Err != nil {
			fmt.Fprintf(w, "%s\n  cannot be asked: %v\n", c.Path, c.Err)
			continue
		}
		fmt.Fprintf(w, "%s  %s, %s\n", c.Path, cmp.Or(c.Label, "no label"), text.Plural(len(c.Lines), "line"))
		for n, l := range c.Lines {
			at := gpiochip.Place{Chip: c.Path, Offset: n, Name: l.Name}
			if _, err := fmt.Fprintln(w, lineText(n, l, uses[at])); err != nil {
				return err
			}
		}
	}
	return nil
}

// lineText is a line for people: "   17  GPIO17            input   used by inceptiond  (input pir)".
func lineText(n int, l gpiochip.Line, use string) string {
	direction, user := "input", ""
	if l.Output {
		direction = "output"
	}
	if l.Used {
		user = "used by " + cmp.Or(l.Consumer, "the kernel")
	}
	if use != "" {
		use = "(" + use + ")"
	}
	return strings.TrimRight(fmt.Sprintf("  %3d  %-20s %-7s %-24s %s", n, cmp.Or(l.Name, "-"), direction, user, use), " ")
}
