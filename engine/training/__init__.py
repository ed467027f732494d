"""Fine-tuning: what is trained on, in which steps, and what is looked at meanwhile.

    job.py           donors and seeds as one job: draws the data, fine-tunes each model, writes the tables
    demo.py          one donor as one job: a fine-tuning, passes before and after it, and maps
    loop.py          the training loop: steps, their reports, probes and resuming, a generator round each other
    checkpoints.py   the state of a training in files, saved now and then and read back
    probes.py        measures of the space and of the errors while a model is trained
    distributed.py   one training over several processes, each with its share of every batch
    tables.py        the tables of steps and probes

To follow a fine-tuning from its request to the weights, read these six:

    requests/training.py    what is requested, and the recipe in it
    training/job.py         `finetune_donors`, `finetune_one`
    sampling.py             `draw_sample`
    executors/local.py      how a model's turn comes
    encoders/encoder.py     from sentences to ids, and the model
    training/loop.py        `finetune`, `training_steps`
"""
