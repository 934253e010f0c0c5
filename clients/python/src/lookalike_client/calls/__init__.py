"""The calls of the service, each as a function that describes it; clients send them."""
