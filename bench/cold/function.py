"""What a Python function on Lambda loads before its first picture: boto3's client, and Pillow.

The client is made, as every such function makes one when it starts; it calls nobody.
"""

import io
import sys

import boto3
from PIL import Image

s3 = boto3.client("s3", region_name="us-east-1", aws_access_key_id="none",
                  aws_secret_access_key="none")

source, target = sys.argv[1:]
with Image.open(source) as image:
    image.thumbnail((800, 800))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG")
with open(target, "wb") as file:
    file.write(buffer.getvalue())
