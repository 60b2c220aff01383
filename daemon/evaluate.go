package main

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/internal/text"
)

// evaluateOptions are the flags of `inceptiond evaluate`.
type evaluateOptions struct {
	lookFlags
	models, engines []string
	unknown         []string
	truth           string
	only            []string
	json            bool
	html            string
}

func evaluateCommand(std streams) *cobra.Command {
	var o evaluateOptions
	cmd := &cobra.Command{
		Use:   "evaluate FOLDER",
		Short: "say how good a model is, with pictures of which it is known what they show",
		Long: "Answers the pictures in FOLDER, and says how good the model is: with 95 % intervals, and which pictures it gets most\n" +
			"wrong. A classifier wants a folder for each class, named as the class or by its number; pictures in folders called\n" +
			"unknown or none show none of the classes: of them an answer below the threshold is right, or a taught model's\n" +
			"\"unknown\". A model of embeddings wants a folder for each person. What a detector or a model of postures is to find\n" +
			"stands in COCO's JSON, or in YOLO's .txt or Pascal VOC's .xml beside each picture, what a segmentation is to say in\n" +
			"a mask, a PNG, beside it; or --truth says where. Several models or engines are compared, picture by picture, also\n" +
			"where nobody has said what the pictures show. A picture that cannot be read is named and left out. Few right\n" +
			"answers are no error: the exit code is 0. The pictures must be others than those that the model was trained with;\n" +
			text.Doc("evaluate.md") + " has more.",
		Example: "  inceptiond evaluate -m pull:mobilenet_v2_1.0_224_quant pictures --html report.html\n" +
			"  inceptiond evaluate -c inceptiond.yaml --camera gate pictures\n" +
			"  inceptiond evaluate -m old.tflite -m new.tflite pictures\n" +
			"  inceptiond evaluate -m ssd.tflite -l coco_labels.txt val2017 --truth instances_val2017.json --only person,dog\n" +
			"  inceptiond evaluate -m deeplab.tflite VOC2012/JPEGImages --truth VOC2012/SegmentationClass\n" +
			"  inceptiond evaluate -m facenet.tflite --task embed people --html people.html\n" +
			"  inceptiond evaluate -m model.tflite -e cpu -e tflite pictures --json",
		Args: arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := o.evaluation(args[0])
			if err != nil {
				return err
			}
			return e.run(cmd.Context(), std)
		},
	}
	f := cmd.Flags()
	o.add(cmd)
	f.StringArrayVarP(&o.models, modelFlag, "m", []string{engines.Demo}, "model file, pull:NAME or taught:NAME; repeat to compare")
	f.StringArrayVarP(&o.engines, engineFlag, "e", []string{engines.Auto}, "engine: auto, cpu, tflite, tflite-xnnpack or edgetpu; repeat to compare")
	f.Float64Var(&o.threshold, "threshold", 0, "below this score there is no answer, 0 to 1; of objects and postures 0.5 if it is not given")
	f.StringVar(&o.truth, "truth", "", "what pictures show: COCO's JSON file, or a folder of YOLO's .txt, Pascal VOC's .xml, or masks (.png)")
	f.StringSliceVar(&o.only, "only", nil, "classes of objects to look at, by their labels: person,dog")
	f.StringSliceVar(&o.unknown, "unknown", []string{"unknown", "none"}, "folders whose pictures show none of the classes")
	f.StringVar(&o.html, "html", "", "write the report as one HTML file, with pictures")
	f.BoolVar(&o.json, "json", false, "print JSON ("+text.Doc("evaluate.md")+")")
	cmd.RegisterFlagCompletionFunc(modelFlag, completePulled) // its only error is that there is no such flag
	return cmd
}

// evaluation is what the flags ask for. The error is a usageError, or about the config or the folder.
func (o *evaluateOptions) evaluation(folder string) (*evaluation, error) {
	s, err := o.settings()
	if err != nil {
		return nil, err
	}
	e := &evaluation{
		lookSettings: s, source: folder, folder: folder, truth: o.truth, only: o.only, html: o.html, json: o.json,
	}
	e.least, e.maxDistance = s.least, cmp.Or(s.model.MaxDistance, o.distance)
	if o.cmd.Flags().Changed("threshold") {
		e.least = o.threshold
	}
	if o.cmd.Flags().Changed("max-distance") {
		e.maxDistance = o.distance
	}
	for _, file := range o.models {
		for _, engine := range o.engines {
			m, err := o.with(s.model, file, engine)
			if err != nil {
				return nil, err
			}
			e.models = append(e.models, m)
		}
	}
	if e.names, err = subjectNames(e.models); err != nil {
		return nil, err
	}
	if o.cmd.Flags().Changed("unknown") {
		e.none = o.unknown
	} else {
		e.usualNone = o.unknown
	}
	return e, nil
}

// maxCompared is the most models and engines of one report: all of them are in memory.
const maxCompared = 8

// subjectNames gives each model another name, as short as can be.
func subjectNames(models []engines.Options) (names []string, err error) {
	if len(models) > maxCompared {
		return nil, usageError{fmt.Errorf("%d models and engines: at most %d are compared", len(models), maxCompared)}
	}
	short := func(m engines.Options) string { return filepath.Base(m.Anywhere()) }
	files, shorts, ways := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, m := range models {
		files[m.File], shorts[short(m)], ways[m.Engine] = true, true, true
	}
	for _, m := range models {
		name := short(m)
		if len(shorts) < len(files) {
			name = m.File
		}
		if len(ways) > 1 {
			name += ", " + m.Engine
		}
		if slices.Contains(names, name) {
			return nil, usageError{fmt.Errorf("%s is there twice: it would be compared with itself", name)}
		}
		names = append(names, name)
	}
	return names, nil
}
