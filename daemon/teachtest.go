package main

import (
	"cmp"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/inceptiond/inceptiond/daemon/teach"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/evaluate"
	"github.com/inceptiond/inceptiond/infer/learn"
	"github.com/inceptiond/inceptiond/infer/learn/store"
	"github.com/inceptiond/inceptiond/infer/preprocess"
)

func teachTestCommand(t *teaching) *cobra.Command {
	version, html := "", ""
	cmd := &cobra.Command{
		Use:   "test NAME [FOLDER]",
		Short: "say how good a version is with pictures that it was not shown",
		Long: "Answers the pictures that are held out, or those of a folder with a folder for each class (unknown or none: pictures of\n" +
			"something else), by the version in use, and says what `inceptiond evaluate` says of a model.",
		Example: "  inceptiond teach test gate\n  inceptiond teach test gate pictures --html gate.html",
		Args:    arguments(cobra.RangeArgs(1, 2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := t.name(args[0])
			if err != nil {
				return err
			}
			e, err := t.evaluation(n, version, args[1:])
			if err != nil {
				return err
			}
			e.json, e.html = t.json, html
			return e.run(cmd.Context(), t.std)
		},
	}
	cmd.Flags().StringVar(&version, "version", "", "another version than the one in use")
	cmd.Flags().StringVar(&html, "html", "", "write the report as one HTML file, with pictures")
	return cmd
}

// evaluation has a version of a name answer the pictures of a folder, or those that are held out.
func (t *teaching) evaluation(n *store.Name, version string, folder []string) (*evaluation, error) {
	v, err := tested(n, version)
	if err != nil {
		return nil, err
	}
	b, err := n.Base()
	if err != nil {
		return nil, err
	}
	e := &evaluation{names: []string{n.Name() + " " + v.ID}, usualNone: []string{"unknown", "none"}, source: "held-out pictures of " + n.Name()}
	e.look.Preprocess.FastDecode = preprocess.FastAuto
	if e.look.Preprocess.Fit, err = preprocess.ParseFit(b.Fit); err != nil {
		return nil, err
	}
	e.models = []engines.Options{t.versionOptions(n.Name(), b, v)}
	if len(folder) > 0 {
		e.source = folder[0]
		e.pictures, err = listClasses(folder[0])
		return e, err
	}
	if e.pictures, err = heldOut(n); err == nil && len(e.pictures.list) == 0 {
		err = fmt.Errorf("teach test: no picture of %s is held out: inceptiond teach add %s CLASS FILE… --held, or name a folder", n.Name(), n.Name())
	}
	return e, err
}

// versionOptions are those of the model that a version is, or that knows its people.
func (t *teaching) versionOptions(name string, b store.Base, v store.Version) engines.Options {
	o := teach.BaseOptions(b)
	o.Engine = engines.CPU
	if b.Kind == store.People {
		o.People, o.MaxDistance = v.Path, cmp.Or(t.maxDistance(name), learn.Defaults().MaxDistance)
		return o
	}
	o.Unknown = learn.Defaults().Unknown
	o.SetTaught(v.Path)
	return o
}

// tested is the version to test: the one in use unless another is named.
func tested(n *store.Name, version string) (store.Version, error) {
	if v, used := n.Current(); used && version == "" {
		return v, nil
	}
	return teach.Find(n, version)
}

// heldOut are the pictures of a name that are held out.
func heldOut(n *store.Name) (k knownPictures, err error) {
	list, _, err := n.List(store.Held)
	for _, p := range list {
		if len(k.classes) == 0 || k.classes[len(k.classes)-1] != p.Class { // they come class by class
			k.classes = append(k.classes, p.Class)
		}
		k.list = append(k.list, evaluate.Picture{
			Name: filepath.Join(p.Class, p.ID), Class: p.Class, Read: func() ([]byte, error) { return n.Read(p) },
		})
	}
	return k, err
}
