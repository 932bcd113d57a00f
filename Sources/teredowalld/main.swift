print("teredowalld")
