"""How a stack of runs is trained. One folder an engine.

base            what an engine is, what training costs, and which engine trains an experiment
autograd/       any model, by the gradient of each step
moments/        committee machines, by the closed dynamics of their first two moments
_recorder       records the probes of a stack as histories
_divergence     what is left of the history of a run that diverges
_cuda_graph     a training step as one CUDA graph
_data           the data sets of a stack
"""
