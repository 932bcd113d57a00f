print("teredowall")
