"""Files of models: the embedded ones, those that a project keeps, a folder's and the hub's."""
