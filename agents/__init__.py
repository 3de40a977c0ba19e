"""The agents that come with the plugin, one folder each: ``agent.py`` registers it, the rest runs inside the sandbox.

The registration runs on the host and knows pytest_mlebench. What runs inside the sandbox must not import it: it uses
the standard library and, where its image has them, numpy, pandas, scikit-learn and Pillow.
"""
