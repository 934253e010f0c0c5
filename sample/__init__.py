"""The sample catalogue: 1,200 drawn garments as one archive, and how it is unpacked."""
