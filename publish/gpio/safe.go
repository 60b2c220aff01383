package gpio

import (
	"maps"
	"slices"
)

// Safe gives every output its safe level once, as after a daemon that could not do so itself. tell is called for each, in
// the order of their names, with why that could not be; nil if it could. A dry run touches nothing.
func Safe(o Options, tell func(name string, out Output, err error)) {
	for _, name := range slices.Sorted(maps.Keys(o.Outputs)) {
		out := o.Outputs[name]
		var err error
		if !o.DryRun {
			err = makeSafe(o.Chip, out)
		}
		tell(name, out, err)
	}
}

func makeSafe(chip string, out Output) error {
	pin, err := openLine(chip, out.Line, 0)
	if err != nil {
		return err
	}
	defer pin.Close()
	return pin.Out(out.level(out.Safe))
}
