package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/capture/picture"
	"github.com/inceptiond/inceptiond/capture/picture/still"
	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/evaluate"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/preprocess"
	"github.com/inceptiond/inceptiond/infer/quantize"
	"github.com/inceptiond/inceptiond/internal/regular"
	"github.com/inceptiond/inceptiond/internal/text"
)

// quantizeOptions are the flags of `model quantize`.
type quantizeOptions struct {
	pictures, test, out   string
	uint8                 bool
	input, output, ranges string
	mean, std             []float32
	fit                   string
	most, threads         int
}

// The flags that must be given.
const (
	picturesFlag = "pictures"
	outFlag      = "out"
)

func modelQuantizeCommand(std streams) *cobra.Command {
	var o quantizeOptions
	cmd := &cobra.Command{
		Use:   "quantize FLOAT.tflite --pictures FOLDER -o OUT.tflite",
		Short: "make a float32 model smaller and faster: 8 bits instead of 32",
		Long: "Makes a model of 8 bits of a float32 one: a quarter of the size, and up to twice as fast (with AVX2). It has the float\n" +
			"model answer the pictures in FOLDER, and in the folders in it, to find how far the numbers of each layer reach; 100 or\n" +
			"more that show what the model is to see are good. A quarter of them is held back, unless --test names others: with those\n" +
			"both models are compared. int8 has a scale for each channel of weights; --uint8 has one for each tensor, as older\n" +
			"programs and chips want it. Operators without a kernel of 8 bits stay in float32, and are named. The file runs in\n" +
			"TensorFlow Lite too, to the same bytes; labels and metadata stay in it, and pictures go in as bytes, so that it needs\n" +
			"no mean and std any more. The input file is never written to. " + text.Doc("models.md") + " has more.",
		Example: "  inceptiond model quantize googlenet_float.tflite --pictures photos -o googlenet_int8.tflite\n" +
			"  inceptiond model quantize keras.tflite --mean 0 --std 255 --pictures train --test held -o keras_int8.tflite",
		Args:              arguments(cobra.ExactArgs(1)),
		ValidArgsFunction: completePulled,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(args[0]); err != nil {
				return usageError{fmt.Errorf("%w (see `%s --help`)", err, cmd.CommandPath())}
			}
			return o.run(cmd.Context(), std, args[0])
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.pictures, picturesFlag, "", "folder of pictures that show what the model is to see")
	f.StringVarP(&o.out, outFlag, "o", "", "file to write")
	f.StringVar(&o.test, "test", "", "folder of other pictures, to test the result with (default: a quarter of the pictures)")
	f.BoolVar(&o.uint8, "uint8", false, "uint8 with one scale for each tensor")
	f.StringVar(&o.input, "input", "uint8", "what the new model takes: uint8 (a picture's bytes), int8 or float32")
	f.StringVar(&o.output, "output", "uint8", "what it gives: uint8, int8 or float32")
	f.StringVar(&o.ranges, "ranges", string(quantize.Auto), "minmax, percentile (one number in 10 000 is clipped on each side), finest (least error), or auto: the best of them")
	f.Float32SliceVar(&o.mean, "mean", nil, "the float model's input is (pixel - mean) / std: one number, or three")
	f.Float32SliceVar(&o.std, "std", nil, "the divisor that goes with mean")
	f.StringVar(&o.fit, "fit", "stretch", "how pictures are fitted to the input: stretch, crop or letterbox")
	f.IntVar(&o.most, "most", 500, "take no more pictures than this of a folder")
	f.IntVarP(&o.threads, "threads", "t", 0, "threads, 0 for one per CPU")
	return cmd
}

// check says what cannot be of the flags.
func (o *quantizeOptions) check(file string) error {
	_, errFit := preprocess.ParseFit(o.fit)
	_, errIn := numberType("input", o.input)
	_, errOut := numberType("output", o.output)
	err := errors.Join(errFit, errIn, errOut)
	switch {
	case o.pictures == "" || o.out == "":
		err = errors.Join(err, errors.New("--pictures FOLDER and -o FILE are needed"))
	case sameFile(file, o.out):
		err = errors.Join(err, fmt.Errorf("-o %s is the float model itself, which is not overwritten: name another file", o.out))
	}
	if !slices.Contains([]quantize.Ranges{quantize.Auto, quantize.MinMax, quantize.Percentile, quantize.Finest}, quantize.Ranges(o.ranges)) {
		err = errors.Join(err, fmt.Errorf("--ranges %q: want auto, minmax, percentile or finest", o.ranges))
	}
	if (len(o.mean) == 0) != (len(o.std) == 0) {
		err = errors.Join(err, errors.New("--mean and --std belong together: give both or neither"))
	}
	if o.most < 1 || o.threads < 0 || o.threads > 64 {
		err = errors.Join(err, fmt.Errorf("--most %d, --threads %d: want 1 or more, and 0 to 64", o.most, o.threads))
	}
	return err
}

// numberType is the type of a model's input or output that a flag names.
func numberType(flag, name string) (model.Type, error) {
	for _, t := range []model.Type{model.Uint8, model.Int8, model.Float32} {
		if t.String() == name {
			return t, nil
		}
	}
	return 0, fmt.Errorf("--%s %q: want uint8, int8 or float32", flag, name)
}

// sameFile tells whether two paths are those of one file.
func sameFile(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y) || filepath.Clean(a) == filepath.Clean(b)
}

func (o *quantizeOptions) run(ctx context.Context, std streams, file string) error {
	if err := probeOutput(o.out); err != nil {
		return err
	}
	return engines.Read(file, 0, func(f engines.File) error {
		options, err := o.options(std.err, f)
		if err != nil {
			return err
		}
		shown := newProgress(std.err)
		options.Tell = shown.stage
		r, err := quantize.Run(ctx, f.Parsed, options)
		shown.clear()
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		files, damage := model.Attachments(f.Data)
		if damage = cmp.Or(f.Damage, damage); damage != nil {
			r.Report.Warnings = append(r.Report.Warnings, damage.Error()+": the new file is without that")
		}
		data, err := r.File(f.Metadata, files)
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := writeWhole(o.out, data); err != nil {
			return err
		}
		r.Report.Size[1] = len(data)
		return o.tell(std, &r.Report)
	})
}

// options are those of the package quantize.
func (o *quantizeOptions) options(stderr io.Writer, f engines.File) (q quantize.Options, err error) {
	q = quantize.Options{Uint8: o.uint8, Ranges: quantize.Ranges(o.ranges), Threads: o.threads}
	q.Input, _ = numberType("input", o.input) // checked
	q.Output, _ = numberType("output", o.output)
	if len(f.Parsed.Inputs) != 1 {
		return q, fmt.Errorf("%s has %s (want one, a picture)", f.Path, text.Plural(len(f.Parsed.Inputs), "input"))
	}
	in := &f.Parsed.Tensors[f.Parsed.Inputs[0]]
	switch {
	case len(o.mean) > 0:
		q.Mean, q.Std = o.mean, o.std
	case f.Metadata.Mean != nil:
		q.Mean, q.Std = f.Metadata.Mean, f.Metadata.Std
		fmt.Fprintf(stderr, "note: the float model's input is (pixel - mean) / std, with mean %v and std %v of its metadata\n", q.Mean, q.Std)
	default:
		q.Mean, q.Std = []float32{127.5}, []float32{127.5}
		fmt.Fprintln(stderr, "note: no mean and std, neither set nor in the model's metadata: -1 to 1 is assumed for its input "+
			"(set them as in its training: mean 0 and std 255 for 0 to 1, mean 0 and std 1 for 0 to 255)")
	}
	spec := infer.TensorSpec{Name: in.Name, Shape: in.Shape, Type: infer.Uint8}
	list, err := listPictures(o.pictures, o.most)
	if err != nil {
		return q, err
	}
	var held []evaluate.Picture
	if o.test != "" {
		if held, err = listPictures(o.test, o.most); err != nil {
			return q, err
		}
	} else {
		list, held = holdBack(list)
	}
	if q.Pictures, err = o.read(stderr, spec, list); err == nil {
		q.Test, err = o.read(stderr, spec, held)
	}
	return q, err
}

// listPictures lists the pictures in and below a folder, of no class: of more than most some that are evenly spread.
func listPictures(folder string, most int) ([]evaluate.Picture, error) {
	list, err := listClass(nil, folder, ".")
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("no pictures in %s or the folders in it: it wants JPEG, PNG or BMP files", folder)
	}
	for i := range list {
		list[i].Class = ""
	}
	if all := len(list); all > most {
		some := make([]evaluate.Picture, most)
		for i := range some {
			some[i] = list[i*all/most]
		}
		list = some
	}
	return list, nil
}

// holdBack takes every fourth picture away, to test with; of a few none.
func holdBack(list []evaluate.Picture) (rest, held []evaluate.Picture) {
	const every, few = 4, 8
	if len(list) < few {
		return list, nil
	}
	for i, p := range list {
		if i%every == every-1 {
			held = append(held, p)
		} else {
			rest = append(rest, p)
		}
	}
	return rest, held
}

// read are pictures as an input of some spec. One that cannot be read is named and left out.
func (o *quantizeOptions) read(stderr io.Writer, spec infer.TensorSpec, list []evaluate.Picture) (quantize.Pictures, error) {
	fit, err := preprocess.ParseFit(o.fit)
	if err != nil {
		return quantize.Pictures{}, err
	}
	p, err := preprocess.New(spec, preprocess.Options{Fit: fit, FastDecode: preprocess.FastAuto})
	if err != nil {
		return quantize.Pictures{}, err
	}
	upright, err := picture.New(picture.Options{})
	if err != nil {
		return quantize.Pictures{}, err
	}
	var frame capture.Frame
	return quantize.Pictures{N: len(list), Read: func(i int, pixels []byte) (bool, error) {
		data, err := list[i].Read()
		if err == nil {
			err = still.Decode(bytes.NewReader(data), &frame)
		}
		if err == nil {
			upright.Set(&frame)
			err = p.Run(upright, pixels, nil)
		}
		if err != nil {
			_, err = fmt.Fprintf(stderr, "%s is left out: %s\n", text.Printable(list[i].Name), text.Printable(err.Error()))
			return false, err
		}
		return true, nil
	}}, nil
}

// tell prints the report, and the warnings.
func (o *quantizeOptions) tell(std streams, r *quantize.Report) error {
	for _, w := range r.Warnings {
		if _, err := fmt.Fprintf(std.err, "warning: %s\n", w); err != nil {
			return err
		}
	}
	if err := r.WriteText(std.out); err != nil {
		return err
	}
	_, err := fmt.Fprintf(std.out, "\nThe model of 8 bits: %s\n", o.out)
	return err
}

// besides is the name of the file that becomes path once it is whole.
func besides(path string) string {
	return filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".new")
}

// probeOutput says now, and not after minutes of work, if path cannot be written.
func probeOutput(path string) error {
	if info, err := os.Stat(path); err == nil {
		if err := regular.Check(path, info); err != nil {
			return err
		}
	}
	f, err := os.OpenFile(besides(path), os.O_WRONLY|os.O_CREATE, 0o666)
	if at := new(fs.PathError); errors.As(err, &at) {
		return fmt.Errorf("%s cannot be written: %w", path, at.Err)
	} else if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// writeWhole writes a file that is there as a whole, or as it was.
func writeWhole(path string, data []byte) error {
	f, err := os.OpenFile(besides(path), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
