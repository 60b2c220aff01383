/* What go-tflite needs of TensorFlow Lite's header of the same name, which the package that `make tflite` fetches leaves
 * out. The build looks here last, so a library that brings its own headers is used with those. The declarations are
 * those of TensorFlow Lite 2.9; go-tflite links these functions, the worker calls none of them. */
#ifndef INCEPTIOND_TFLITE_C_API_EXPERIMENTAL_H
#define INCEPTIOND_TFLITE_C_API_EXPERIMENTAL_H

#include <stdbool.h>
#include <stdint.h>

#include <tensorflow/lite/c/c_api.h>
#include <tensorflow/lite/c/common.h>

/* An enumeration of the schema's operators in the original; only its type is needed. */
typedef enum { kTfLiteBuiltinAdd = 0, kTfLiteBuiltinLargest = INT32_MAX } TfLiteBuiltinOperator;

TfLiteStatus TfLiteInterpreterResetVariableTensors(TfLiteInterpreter *interpreter);
void TfLiteInterpreterOptionsAddBuiltinOp(TfLiteInterpreterOptions *options, TfLiteBuiltinOperator op,
                                          const TfLiteRegistration *registration, int32_t min_version,
                                          int32_t max_version);
void TfLiteInterpreterOptionsAddCustomOp(TfLiteInterpreterOptions *options, const char *name,
                                         const TfLiteRegistration *registration, int32_t min_version,
                                         int32_t max_version);
void TfLiteInterpreterOptionsSetUseNNAPI(TfLiteInterpreterOptions *options, bool enable);

#endif
