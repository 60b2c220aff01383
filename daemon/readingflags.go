package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/task"
)

// addReading makes flags of what a model is for and how its outputs are read.
func addReading(cmd *cobra.Command, kind, decoder, anchors *string) {
	f := cmd.Flags()
	f.StringVar(kind, "task", string(task.AutoKind), "what the model is for: auto, classify, detect, segment, pose or embed")
	f.StringVar(decoder, "decoder", "", "how the boxes of a detector without post-processing in its graph are read: blazeface or yolo")
	f.StringVar(anchors, "anchors", "", "anchors for the decoder, in JSON: [[10,13],[16,30]]")
}

// checkReading checks these flags, and takes the anchors.
func checkReading(o *engines.Options, anchors string) error {
	_, errTask := task.ParseKind(o.Task)
	_, errDecoder := task.ParseDecoder(o.Decoder)
	if anchors != "" && json.Unmarshal([]byte(anchors), &o.Anchors) != nil {
		return errors.Join(errTask, errDecoder, fmt.Errorf("--anchors %q: want lists of numbers: [[10,13],[16,30]]", anchors))
	}
	return errors.Join(errTask, errDecoder)
}
