package metrics

// prefix starts every name.
const prefix = "inceptiond_"

// Metric is a line of [Table].
type Metric struct {
	Name   string   // with the prefix
	Type   string   // "gauge", "counter", "histogram" or "summary"
	Labels []string // in alphabetical order
	Help   string   // a sentence
}

// metric makes a line of the table.
func metric(name, kind, help string, labels ...string) Metric {
	return Metric{prefix + name, kind, labels, help}
}

// The metrics, each once: what is told, what the table lists, and what the docs are held to.
func infoMetric() Metric {
	return metric("build_info", "gauge", "Versions of the program and of its Go; always 1.", "goversion", "version")
}
func startMetric() Metric {
	return metric("start_time_seconds", "gauge", "When the program started, in seconds since 1970.")
}
func refusedMetric() Metric {
	return metric("config_refused", "gauge", "The config file as it is now is refused, and the one before goes on: 1, else 0.")
}
func framesMetric() Metric {
	return metric("frames_total", "counter", "Frames that came from the camera; of a view, those that it took.", "camera")
}
func skippedMetric() Metric {
	return metric("frames_skipped_total", "counter", "Frames without a result: replaced by a newer one, kept back by the gate, bad, or failed in the engine.", "camera", "reason")
}
func resultsMetric() Metric {
	return metric("results_total", "counter", "Frames that an engine answered.", "camera", "engine")
}
func changesMetric() Metric {
	return metric("decision_changes_total", "counter", "Changes of what is decided.", "camera")
}
func stageMetric() Metric {
	return metric("stage_duration_seconds", "histogram", "How long the stages of a result took: wait, preprocess, inference, then (a second model), and in total, from the frame's arrival.", "camera", "stage")
}
func upMetric() Metric {
	return metric("camera_up", "gauge", "Frames arrive and can be decoded: 1, else 0.", "camera")
}
func stateMetric() Metric {
	return metric("camera_state", "gauge", "How the camera is: 1 for the state that it is in, 0 for the others (docs/messages.md).", "camera", "state")
}
func gateMetric() Metric {
	return metric("gate_open", "gauge", "The model gets all frames: 1, else 0.", "camera")
}
func differentMetric() Metric {
	return metric("scene_different", "gauge", "The scene is decided to look different from normal: 1, else 0. Of cameras with normal pictures alone.", "camera")
}
func detectionsMetric() Metric {
	return metric("detections_total", "counter", "Objects in the results of a detector, all frames together.", "camera")
}
func objectsMetric() Metric {
	return metric("objects", "gauge", "Things of a label that a detector's camera is decided to show.", "camera", "label")
}
func shareMetric() Metric {
	return metric("area_ratio", "gauge", "Share of the picture that a label is decided to have, of a model that segments.", "camera", "label")
}
func identityMetric() Metric {
	return metric("identity", "gauge", "Somebody who is known is decided to be there: 1, else 0.", "camera", "label")
}
func cropsMetric() Metric {
	return metric("crops_total", "counter", "Objects that a second model looked at: answered, or failed in the engine. Of cameras with one alone.", "camera", "outcome")
}
func lastMetric() Metric {
	return metric("last_result_timestamp_seconds", "gauge", "When the frame of the last result arrived, in seconds since 1970.", "camera")
}
func modelMetric() Metric {
	return metric("model_info", "gauge", "The file of a model that runs, by its SHA-256; always 1.", "model", "sha256")
}
func restartsMetric() Metric {
	return metric("engine_restarts_total", "counter", "How often the wanted engine was started again.", "model")
}
func fallbackMetric() Metric {
	return metric("engine_fallback", "gauge", "Another engine than the wanted one answers, or none: 1, else 0.", "model")
}
func connectedMetric() Metric {
	return metric("mqtt_connected", "gauge", "The broker has accepted us: 1, else 0.")
}
func addressMetric() Metric {
	return metric("mqtt_broker_info", "gauge", "The broker that has accepted us, of several; always 1. Absent while there is none.", "broker")
}
func droppedMetric() Metric {
	return metric("mqtt_messages_dropped_total", "counter", "Messages that the broker never gets: results that fell out of the full queue, or are too large for it.")
}
func spoolEventsMetric() Metric {
	return metric("spool_events", "gauge", "Events that the broker has not acknowledged.")
}
func spoolHeldMetric() Metric {
	return metric("spool_held_events", "gauge", "Events that the broker has refused, and that wait for another answer.")
}
func spoolSizeMetric() Metric {
	return metric("spool_size_bytes", "gauge", "What the spool of events takes on the disk.")
}
func spoolLostMetric() Metric {
	return metric("spool_lost_events_total", "counter", "Events that were given up: for room on the disk (bytes), too old (age), for room in memory, or damaged.", "reason")
}
func commandsMetric() Metric {
	return metric("commands_total", "counter", "Commands of subscribers: applied, unchanged or refused.", "outcome")
}
func writtenMetric() Metric {
	return metric("disk_written_bytes_total", "counter", "What was written to the disk, which wears a card: spool, snapshots, settings, teach.", "what")
}
func temperatureMetric() Metric {
	return metric("temperature_celsius", "gauge", "Temperature of the hottest zone of the machine.")
}
func voltageMetric() Metric {
	return metric("undervoltage", "gauge", "The supply of the machine is too low right now: 1, else 0.")
}
func throttledMetric() Metric {
	return metric("throttled", "gauge", "The machine slows itself down right now: 1, else 0.")
}
func dutyMetric() Metric {
	return metric("duty_ratio", "gauge", "Share of the time that models may work.")
}

// Table lists all metrics of the daemon; those of Go and of the process come on top.
func Table() []Metric {
	return []Metric{
		infoMetric(), startMetric(), refusedMetric(), framesMetric(), changesMetric(), skippedMetric(), resultsMetric(), stageMetric(),
		detectionsMetric(), cropsMetric(), objectsMetric(), shareMetric(), identityMetric(),
		upMetric(), stateMetric(), gateMetric(), differentMetric(), lastMetric(), modelMetric(), restartsMetric(), fallbackMetric(),
		connectedMetric(), addressMetric(), spoolEventsMetric(), spoolHeldMetric(), spoolSizeMetric(), droppedMetric(), spoolLostMetric(),
		commandsMetric(), writtenMetric(), temperatureMetric(), voltageMetric(), throttledMetric(), dutyMetric(),
	}
}
