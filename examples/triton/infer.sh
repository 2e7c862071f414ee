#!/bin/sh
# Asks the model "double" for twice its argument. The pilot says where the server is.
set -eu
request="{\"inputs\": [{\"name\": \"x\", \"shape\": [1], \"datatype\": \"FP32\", \"data\": [$1]}]}"
wget -q -O - --post-data "$request" "$TRITON_HTTP_URL/v2/models/double/infer"
