package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/v4l2"
)

func camerasCommand(std streams) *cobra.Command {
	return &cobra.Command{
		Use:     "cameras",
		Short:   "list the V4L2 cameras with their formats, sizes and rates",
		Example: "  inceptiond cameras",
		Args:    arguments(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			devices, err := v4l2.List()
			if err != nil {
				return err
			}
			return printCameras(std.out, devices)
		},
	}
}

// printCameras writes a paragraph for each device.
func printCameras(w io.Writer, devices []v4l2.Device) error {
	if len(devices) == 0 {
		_, err := fmt.Fprintln(w, "No V4L2 camera. Is it plugged in? A Raspberry Pi camera on the ribbon cable is none: use source rpicam; a network camera: rtsp or http.")
		return err
	}
	for i, d := range devices {
		if i > 0 {
			fmt.Fprintln(w)
		}
		if err := printCamera(w, d); err != nil {
			return err
		}
	}
	return nil
}

func printCamera(w io.Writer, d v4l2.Device) error {
	fmt.Fprintln(w, d.Path)
	if d.Link != "" {
		fmt.Fprintf(w, "  stable name  %s\n", d.Link)
	}
	if d.Err != nil {
		_, err := fmt.Fprintf(w, "  cannot be asked: %v\n", d.Err)
		return err
	}
	_, err := fmt.Fprintf(w, "  camera       %s (%s, %s)\n", d.Card, d.Driver, d.Bus)
	for _, f := range d.Formats {
		note := ""
		if !slices.Contains(capture.PixelFormats(), f.Pixel) {
			note = "  (not supported)"
		}
		for _, size := range f.Sizes {
			rates := make([]string, len(size.Rates))
			for i, r := range size.Rates {
				rates[i] = r.String()
			}
			line := fmt.Sprintf("  %-11v  %v  %s", f.Pixel, size, strings.Join(rates, ", "))
			if len(rates) > 0 {
				line += " fps"
			}
			_, err = fmt.Fprintln(w, strings.TrimRight(line, " ")+note)
		}
	}
	return err
}
